"""Diffusion with the schedulers of diffusers, whose networks are for images: the network is genlab's denoiser."""

import numpy as np
import torch
from diffusers import DDPMScheduler, DPMSolverMultistepScheduler

from peer import Standard
from recipe import Embedded, descend, fair, independent, rows


class Box(Standard):
    """Scales points to [-1, 1], to which the scheduler's clip_sample holds samples by default."""

    def __init__(self, x):
        self.mean, self.std = (x.max(0) + x.min(0)) / 2, (x.max(0) - x.min(0)) / 2


def diffusers(train, budget, seed, scale):
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    if budget == "default":
        what = "DDPMScheduler() (1000 steps, linear, noise prediction, clip_sample) on points in [-1, 1], Adam 1e-3, 8000 steps of 256"
        standard, scheduler = Box(train), DDPMScheduler()
    else:
        what = "DDPMScheduler(squaredcos_cap_v2, v_prediction, no clip_sample) on standardised points, DPMSolverMultistepScheduler (2M) of 35 steps"
        standard = Standard(train)
        scheduler = DDPMScheduler(beta_schedule="squaredcos_cap_v2", prediction_type="v_prediction", clip_sample=False)
    levels = scheduler.config.num_train_timesteps
    x = rows(standard(train))

    def loss(model, x0):
        noise = torch.randn(x0.shape)
        t = torch.randint(levels, (len(x0),))
        target = noise if budget == "default" else scheduler.get_velocity(x0, noise, t)
        return (model(scheduler.add_noise(x0, noise, t), t / levels) - target).square().mean()

    model = Embedded()

    def fit():
        if budget != "default":
            return fair(model, loss, x, 5e-3, scale, generator)
        source = independent(x, 256, max(1, int(8000 * scale)), generator)
        descend(lambda b: loss(model, b), torch.optim.Adam(model.parameters(), lr=1e-3), source)
        return model

    @torch.no_grad()
    def sample(m, n):
        solver = scheduler
        if budget == "default":
            solver.set_timesteps(levels)
        else:
            solver = DPMSolverMultistepScheduler.from_config(scheduler.config)
            solver.set_timesteps(35)
        y = torch.randn(n, 2)
        for t in solver.timesteps:
            y = solver.step(m(y, t.expand(n) / levels), t, y).prev_sample
        return standard.back(y.numpy().astype(np.float64))

    return what, fit, sample, None
