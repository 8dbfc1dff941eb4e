"""The training of the fair budget in PyTorch: genlab's recipe."""

import copy
import math

import torch

from peer import BATCH, CLIP, DECAY, STEPS, WARMUP

torch.set_num_threads(1)


def rows(train):
    """Rows as a float32 tensor."""
    return torch.as_tensor(train, dtype=torch.float32)


def batches(x, size, epochs, generator):
    """Batches of all rows in a new order in each epoch; the last is smaller, as of a DataLoader."""
    for _ in range(epochs):
        order = torch.randperm(len(x), generator=generator)
        for i in range(0, len(x), size):
            yield x[order[i:i + size]]


def independent(x, size, steps, generator):
    """Batches of independently chosen rows."""
    for _ in range(steps):
        yield x[torch.randint(len(x), (size,), generator=generator)]


def descend(loss, optimizer, source, finite_only=False):
    """Minimises a loss over batches, at a constant learning rate; finite_only leaves out those whose loss is not finite."""
    for batch in source:
        optimizer.zero_grad()
        value = loss(batch)
        if finite_only and not torch.isfinite(value):
            continue
        value.backward()
        optimizer.step()


def fair(model, loss, x, lr, scale, generator):
    """Adam with warm-up, a cosine to 0, clipping, and an exponential moving average of the weights, which it returns."""
    steps = max(1, int(STEPS * scale))
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    average = copy.deepcopy(model)
    for step, batch in enumerate(independent(x, BATCH, steps, generator)):
        for group in optimizer.param_groups:
            group["lr"] = lr * min(1, (step + 1) / WARMUP) * (1 + math.cos(math.pi * step / steps)) / 2
        optimizer.zero_grad()
        loss(model, batch).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        with torch.no_grad():
            decay = min(DECAY, (1 + step) / (10 + step))
            for a, p in zip(average.parameters(), model.parameters()):
                a.lerp_(p, 1 - decay)
    return average


class Embedded(torch.nn.Module):
    """genlab's denoiser: a SiLU network of 3 layers of 128 on the point, 32 random Fourier features of it, and 16 features of the time."""

    def __init__(self, hidden=128, features=32, scale=3, of_time=16):
        super().__init__()
        self.register_buffer("directions", scale * torch.randn(2, features))
        self.register_buffer("frequencies", torch.exp(torch.linspace(0, math.log(100), of_time // 2)))
        widths = [2 + 2 * features + of_time, hidden, hidden, hidden]
        layers = [m for a, b in zip(widths, widths[1:]) for m in (torch.nn.Linear(a, b), torch.nn.SiLU())]
        self.net = torch.nn.Sequential(*layers, torch.nn.Linear(hidden, 2))

    def forward(self, x, t):
        """The output at points (n x 2) and times in [0, 1] (n)."""
        u, w = t[:, None] * self.frequencies, x @ self.directions
        return self.net(torch.cat([x, w.sin(), w.cos(), u.sin(), u.cos()], 1))
