"""PyTorch's side of the speed experiment: reads "KIND HIDDEN ROWS" a line, answers with the
median microseconds of one call. Arguments: the mode (eager, fused, compile) and the threads."""

import importlib.metadata
import os
import statistics
import sys
import time

mode, threads = sys.argv[1], int(sys.argv[2])
os.environ["OMP_NUM_THREADS"] = str(threads)
os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:threads]))

import torch
import torch.nn as nn

import models_torch

torch.set_num_threads(threads)
torch.manual_seed(0)


def mlp(widths, activation):
    layers = []
    for i in range(len(widths) - 1):
        layers.append(nn.Linear(widths[i], widths[i + 1]))
        if i < len(widths) - 2:
            layers.append(activation())
    return nn.Sequential(*layers)


def compiled(f):
    return torch.compile(f) if mode == "compile" else f


def adam(net, **kw):
    fused = {} if mode == "eager" else {"fused": True}
    return torch.optim.Adam(net.parameters(), lr=1e-3, **fused, **kw)


def train(hidden, rows):
    net = mlp([34, hidden, hidden, hidden, 2], nn.SiLU)
    opt = adam(net)
    x, target = torch.randn(rows, 34), torch.randn(rows, 2)
    loss_of = nn.MSELoss()
    loss = compiled(lambda x, target: loss_of(net(x), target))

    def step():
        opt.zero_grad(set_to_none=True)
        loss(x, target).backward()
        opt.step()

    return step


def forward(hidden, rows):
    net = mlp([34, hidden, hidden, hidden, 2], nn.SiLU).eval()
    f = compiled(net)
    x = torch.randn(rows, 34)

    def step():
        with torch.no_grad():
            f(x)

    return step


def critic(hidden, rows):
    net = mlp([2, hidden, hidden, hidden, 1], lambda: nn.LeakyReLU(0.2))
    opt = adam(net, betas=(0.0, 0.9))
    real, fake = torch.randn(rows, 2), torch.randn(rows, 2)
    between = torch.randn(rows, 2).requires_grad_(True)

    def step():
        opt.zero_grad(set_to_none=True)
        (slope,) = torch.autograd.grad(net(between).sum(), between, create_graph=True)
        penalty = ((slope.square().sum(1) + 1e-12).sqrt() - 1).square().mean()
        loss = net(fake).mean() - net(real).mean() + 10 * penalty
        loss.backward()
        opt.step()

    return step  # torch.compile cannot differentiate twice: the critic is eager in every mode


def sample(hidden, rows, steps=1000, dtype=torch.float32):
    """DDPM with predicted velocity, written for speed: the level's part of the first layer is
    computed once for all steps, the point is updated in place, and rows go in the batches that
    are fastest here. dtype is that of the products and the activations."""
    net = mlp([34, hidden, hidden, hidden, 2], nn.SiLU).eval()
    for p in net.parameters():
        p.requires_grad_(False)
    first, rest = net[0], net[2:]
    point = first.weight[:, :2].t().contiguous()
    levels = torch.randn(steps, 32) @ first.weight[:, 2:].t() + first.bias
    keep, move, noise = ((torch.rand(3, steps) * 0.01) + torch.tensor([[0.98], [-0.01], [0.01]])).tolist()
    rest.to(dtype)

    def predict(x, level):
        h = torch.nn.functional.silu(torch.addmm(level, x, point))
        return rest(h.to(dtype)).float()

    f = compiled(predict)

    def run(batch, steps):
        parts = []
        with torch.inference_mode():
            for lo in range(0, rows, batch):
                x = torch.randn(min(batch, rows - lo), 2)
                z = torch.empty_like(x)
                for i in range(steps):
                    v = f(x, levels[i])
                    x.mul_(keep[i]).add_(v, alpha=move[i]).add_(z.normal_(), alpha=noise[i])
                parts.append(x)
        return torch.cat(parts)

    def seconds(batch):
        run(batch, 3)
        start = time.perf_counter()
        run(batch, 20)
        return time.perf_counter() - start

    batch = min([rows, rows // 4, rows // 10, rows // 20], key=seconds)
    return lambda: run(batch, steps)


def sample_bf16(hidden, rows):
    return sample(hidden, rows, dtype=torch.bfloat16)


def measure(step):
    start = time.perf_counter()
    step()
    if time.perf_counter() - start > 1:  # a long call is warm, and its own block
        return (time.perf_counter() - start) * 1e6
    end = time.perf_counter() + 0.3
    while time.perf_counter() < end:
        step()
    start = time.perf_counter()
    step()
    block = max(1, int(0.02 / max(1e-7, time.perf_counter() - start)))
    times, end = [], time.perf_counter() + 0.7
    while time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(block):
            step()
        times.append((time.perf_counter() - start) / block)
    return statistics.median(times) * 1e6


steps = {}
print("torch", torch.__version__ + ", zuko", importlib.metadata.version("zuko"), flush=True)
for line in sys.stdin:
    if line not in steps:
        kind, hidden, rows = line.split()
        if kind in models_torch.kinds:  # with the fused Adam in every mode
            steps[line] = models_torch.kinds[kind](int(hidden), int(rows), compiled, True)
        else:
            steps[line] = {"train": train, "forward": forward, "critic": critic, "sample": sample, "sample-bf16": sample_bf16}[kind](int(hidden), int(rows))
        if not kind.startswith("sample"):  # which has warmed up
            steps[line]()  # compiles
    print(measure(steps[line]), flush=True)
