"""Writes peer_loss.json: losses of other implementations on one batch and one set of weights, for peer_test.go.

    pip install torch==2.15.0 torchcfm==1.0.7 flow_matching==1.0.10 POT==0.9.7.post1
    python peer_loss.py > peer_loss.json

The network is that of package matching, in float64. torchcfm and flow_matching count time from noise to data, so
their velocity at 1 - t is minus ours at t.
"""

import json
import sys

import numpy as np
import torch
from flow_matching.path import CondOTProbPath
from flow_matching.path.scheduler import CosineScheduler
from flow_matching.path import AffineProbPath
from torchcfm.conditional_flow_matching import ConditionalFlowMatcher
from torchcfm.optimal_transport import OTPlanSampler

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)

N, D, HIDDEN, FEATURES, TIMES = 64, 2, 8, 3, 4
FLOOR = 1e-3


def rounded(*shape, scale=1.0):
    """Random numbers that float32 holds exactly."""
    return (scale * torch.randn(*shape)).float().double()


def weights(times):
    widths = [D + 2 * FEATURES + times * TIMES, HIDDEN, HIDDEN, D]
    return [(rounded(a, b, scale=a**-0.5), rounded(1, b, scale=0.1)) for a, b in zip(widths, widths[1:])]


frequencies = rounded(D, FEATURES, scale=3)
waves = torch.tensor([3 * (1 / 30) ** (i / (TIMES // 2)) for i in range(TIMES // 2)])


def level(t):
    return torch.log((t + FLOOR) / (1 - t + FLOOR))


def network(layers, x, *times):
    angles = x @ frequencies
    h = [x, torch.sin(angles), torch.cos(angles)]
    for t in times:
        u = level(t)[:, None] * waves
        h += [torch.sin(u), torch.cos(u)]
    h = torch.cat(h, 1)
    for i, (w, b) in enumerate(layers):
        h = h @ w + b
        if i < len(layers) - 1:
            h = torch.nn.functional.silu(h)
    return h


data, noise = rounded(N, D), rounded(N, D)
t = (0.02 + 0.96 * torch.rand(N)).float().double()
r = torch.where(torch.rand(N) < 0.5, t, (t * torch.rand(N))).float().double()
one, two = weights(1), weights(2)

# Conditional flow matching along the straight path.
_, xt, ut = ConditionalFlowMatcher(sigma=0.0).sample_location_and_conditional_flow(noise, data, t=1 - t)
torchcfm = torch.mean((-network(one, xt, t) - ut) ** 2)
sample = CondOTProbPath().sample(x_0=noise, x_1=data, t=1 - t)
flow_matching = torch.mean((-network(one, sample.x_t, t) - sample.dx_t) ** 2)
cosine = AffineProbPath(scheduler=CosineScheduler()).sample(x_0=noise, x_1=data, t=1 - t)
trigonometric = torch.mean((-network(one, cosine.x_t, t) - cosine.dx_t) ** 2)

# Minibatch optimal transport: the plan of the exact solver.
plan = OTPlanSampler(method="exact").get_map(noise, data)
cost = float((plan * torch.cdist(noise, data).numpy() ** 2).sum() * N)

# MeanFlow (eq. 10 and 22, p = 1), by forward-mode differentiation.
x, v = (1 - t)[:, None] * data + t[:, None] * noise, noise - data
u, du = torch.func.jvp(lambda x, r, t: network(two, x, t, r), (x, r, t), (v, torch.zeros(N), torch.ones(N)))
square = ((u - (v - (t - r)[:, None] * du)) ** 2).sum(1)
meanflow = (square / (square + 1e-3)).mean()

# A shortcut model over an interval of 1/2 from t = 1 (eq. 5).
start = torch.ones(N)
half = network(two, noise, start, start - 0.25)
middle = noise - 0.25 * half
target = (half + network(two, middle, start - 0.25, start - 0.5)) / 2
shortcut = torch.mean((network(two, noise, start, start - 0.5) - target) ** 2)

json.dump(
    {
        "data": data.flatten().tolist(), "noise": noise.flatten().tolist(), "t": t.tolist(), "r": r.tolist(),
        "frequencies": frequencies.flatten().tolist(),
        "one": [[p.flatten().tolist() for p in layer] for layer in one],
        "two": [[p.flatten().tolist() for p in layer] for layer in two],
        "torchcfm": torchcfm.item(), "flow_matching": flow_matching.item(), "trigonometric": trigonometric.item(),
        "transport_cost": cost, "transport": np.argmax(plan.T, 1).tolist(),
        "meanflow": meanflow.item(), "meanflow_error": square.mean().item() / D, "shortcut": shortcut.item(),
    },
    sys.stdout,
)
