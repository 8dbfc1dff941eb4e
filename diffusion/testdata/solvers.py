"""Writes solvers.json: the samples of diffusers' multistep solvers for the exact denoiser of a mixture.

pip install torch==2.15.0 diffusers==0.42.1; python solvers.py > solvers.json
"""
import json
import math

import diffusers
import torch

T, OFFSET, END = 1000, 0.008, 4e-5
MEANS, WEIGHTS, SIGMA = torch.tensor([[1.2, 0], [-0.6, 1], [-0.6, -1]], dtype=torch.float64), [0.5, 0.3, 0.2], 0.2
GRID = [999, 899, 799, 699, 599, 499, 399, 299, 199, 99]  # timestep k is t = (k + 1) / T


def alpha(t):
    first = math.pi / 2 * OFFSET / (1 + OFFSET)
    last = math.acos(math.sqrt(END) * math.cos(first))
    return math.cos(first + t * (last - first)) / math.cos(first)


def denoise(x, t):
    a = alpha(t)
    s2 = 1 - a * a
    v = a * a * SIGMA**2 + s2
    log = torch.stack([math.log(w) - ((x - a * m) ** 2).sum(1) / (2 * v) for w, m in zip(WEIGHTS, MEANS)], 1)
    mean = torch.softmax(log, 1) @ MEANS
    return mean + a * SIGMA**2 / v * (x - a * mean)


def sample(kind, **options):
    bars = [alpha((k + 1) / T) ** 2 for k in range(T)]
    betas = [1 - b / before for b, before in zip(bars, [1.0] + bars)]
    scheduler = kind(num_train_timesteps=T, trained_betas=betas, prediction_type="sample", **options)
    # Its noise levels are float32 and of its own grid: those of GRID, in float64.
    scheduler.set_timesteps(len(GRID))
    scheduler.timesteps = torch.tensor(GRID)
    scheduler.sigmas = torch.tensor([math.sqrt(1 - bars[k]) / math.sqrt(bars[k]) for k in GRID] + [0.0], dtype=torch.float64)
    x = torch.tensor(START, dtype=torch.float64)
    for k in GRID:
        x = scheduler.step(denoise(x, (k + 1) / T), k, x).prev_sample
    return x.tolist()


START = torch.randn(20, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64).tolist()
DPM, UniPC = diffusers.DPMSolverMultistepScheduler, diffusers.UniPCMultistepScheduler
print(json.dumps({
    "diffusers": diffusers.__version__,
    "start": START,
    "dpmsolver2m": sample(DPM, solver_order=2, solver_type="heun"),
    "dpmsolver2m-midpoint": sample(DPM, solver_order=2, solver_type="midpoint"),
    "unipc": sample(UniPC, solver_order=2, solver_type="bh2"),
}))
