"""PyTorch's side of the English text: nanoGPT's recipe for characters on a CPU, written out.

    python nanogpt.py FILE [--steps 2000] [--threads 1] [--seed 1] [--time N] [--untied] [--manual] [--compile]

Trains on the first nine tenths of the file's characters, and prints the mean loss over all blocks
of 65 characters of the rest: what `genlab eval` calls block_nats. With --time N it takes N steps
after 20 and prints the milliseconds of one, their median. --manual writes the attention as matrix products
and a softmax instead of scaled_dot_product_attention; --compile trains the network that torch.compile makes.
"""

import argparse
import math
import os
import statistics
import time

p = argparse.ArgumentParser()
p.add_argument("file")
p.add_argument("--steps", type=int, default=2000)
p.add_argument("--threads", type=int, default=1)
p.add_argument("--seed", type=int, default=1)
p.add_argument("--time", type=int, default=0)
p.add_argument("--untied", action="store_true")
p.add_argument("--manual", action="store_true")
p.add_argument("--compile", action="store_true")
a = p.parse_args()
os.environ["OMP_NUM_THREADS"] = str(a.threads)
os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[: a.threads]))

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(a.threads)
torch.manual_seed(a.seed)
D, H, L, T, B = 128, 4, 4, 64, 12
future = torch.ones(T, T, dtype=torch.bool).triu(1)

text = open(a.file, encoding="utf-8").read()
chars = sorted(set(text))
ids = torch.tensor([chars.index(c) for c in text])
cut = len(ids) * 9 // 10
train, valid = ids[:cut], ids[cut:]


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(D))

    def forward(self, x):
        return F.layer_norm(x, (D,), self.weight, None, 1e-5)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = Norm(), Norm()
        self.qkv, self.mixed = nn.Linear(D, 3 * D, bias=False), nn.Linear(D, D, bias=False)
        self.widen, self.narrow = nn.Linear(D, 4 * D, bias=False), nn.Linear(4 * D, D, bias=False)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = (m.view(b, t, H, D // H).transpose(1, 2) for m in self.qkv(self.norm1(x)).split(D, 2))
        if a.manual:
            w = (q @ k.transpose(2, 3)) / math.sqrt(D // H)
            y = w.masked_fill(future[:t, :t], -math.inf).softmax(3) @ v
        else:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.mixed(y.transpose(1, 2).reshape(b, t, D))
        return x + self.narrow(F.gelu(self.widen(self.norm2(x))))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.token, self.place = nn.Embedding(len(chars), D), nn.Embedding(T, D)
        self.blocks = nn.ModuleList(Block() for _ in range(L))
        self.norm = Norm()
        self.head = nn.Linear(D, len(chars), bias=False)
        for name, w in self.named_parameters():
            if w.dim() > 1:
                adds = "mixed" in name or "narrow" in name
                nn.init.normal_(w, 0, 0.02 / math.sqrt(2 * L) if adds else 0.02)
        if not a.untied:
            self.head.weight = self.token.weight

    def forward(self, x, y):
        z = self.token(x) + self.place.weight[: x.shape[1]]
        for block in self.blocks:
            z = block(z)
        return F.cross_entropy(self.head(self.norm(z)).view(-1, len(chars)), y.reshape(-1))


net = GPT()
run = torch.compile(net) if a.compile else net
groups = [
    {"params": [w for w in net.parameters() if w.dim() > 1], "weight_decay": 0.1},
    {"params": [w for w in net.parameters() if w.dim() == 1], "weight_decay": 0.0},
]
opt = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99))


def rate(step):
    if step < 100:
        return 1e-3 * (step + 1) / 101
    return 1e-4 + 0.5 * (1 + math.cos(math.pi * (step - 100) / (a.steps - 100))) * 9e-4


def step(k):
    for g in opt.param_groups:
        g["lr"] = rate(k)
    at = torch.randint(len(train) - T, (B,))
    x = torch.stack([train[i : i + T] for i in at])
    y = torch.stack([train[i + 1 : i + T + 1] for i in at])
    opt.zero_grad(set_to_none=True)
    loss = run(x, y)
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()


if a.time:
    for k in range(20):
        step(k)
    times = []
    for k in range(a.time):
        begun = time.perf_counter()
        step(20 + k)
        times.append(time.perf_counter() - begun)
    print(f"{1e3 * statistics.median(times):.2f} ms a step, {a.threads} threads, {torch.__version__}")
    raise SystemExit

begun = time.perf_counter()
for k in range(a.steps):
    step(k)
seconds = time.perf_counter() - begun
blocks = valid[: len(valid) // (T + 1) * (T + 1)].view(-1, T + 1)
with torch.no_grad():
    each = torch.tensor([net(b[:, :-1], b[:, 1:]).item() for b in blocks.split(1)])
print(
    f"seed {a.seed}: {each.mean():.4f} ± {each.std() / math.sqrt(len(each)):.4f} nats a character of {each.numel() * T}"
    f", {sum(w.numel() for w in net.parameters())} parameters, {a.steps} steps in {seconds:.1f} s"
)
