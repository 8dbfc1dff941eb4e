"""Normalizing flows as torch modules."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .flow import Linear as ArrayLinear
from .layers import Standardised, mlp, tensor


class Flow(Standardised):
    def __init__(self, of):
        super().__init__(of.scale)
        self.config, self.constants, self.classes = of.config, of.constants, of.classes
        self.layers = nn.ModuleList([Mixing(layer) if isinstance(layer, ArrayLinear) else Layer(layer) for layer in of.layers])
        self.log_prior = None if of.log_prior is None else nn.Parameter(tensor(of.log_prior))

    def forward(self, x, labels=None):
        log_det = torch.zeros(len(x), device=x.device)
        for layer in self.layers:
            x, log_det = layer(x, log_det, labels)
        return x, log_det

    def log_prob(self, x, labels=None):
        """log q of points in the data's coordinates, given labels of a conditional flow."""
        z, log_det = self((x - self.shift) / self.scale, labels)
        return log_det - (z ** 2 + np.log(2 * np.pi)).sum(dim=1) / 2 - self.scale.log().sum()


class Mixing(nn.Module):
    def __init__(self, of):
        super().__init__()
        self.matrix, self.shift = nn.Parameter(tensor(of.matrix)), nn.Parameter(tensor(of.shift))

    def forward(self, x, log_det, labels):
        return x @ self.matrix + self.shift, log_det + self.matrix.slogdet()[1]


class Layer(nn.Module):
    """A triangular layer; see docs/checkpoint.md."""

    def __init__(self, of):
        super().__init__()
        self.config, self.constants, self.classes, self.params = of.flow.config, of.flow.constants, of.flow.classes, of.flow.params
        self.spans = [(s[0], s[1]) for s in of.stages]
        self.nets = nn.ModuleList([mlp(s[2]) if s[2] is not None else nn.Identity() for s in of.stages])
        self.thetas = nn.ParameterList([nn.Parameter(tensor(s[3]) if s[3] is not None else torch.zeros(0)) for s in of.stages])

    def forward(self, x, log_det, labels):
        columns = list(x.unbind(dim=1))
        for (of, to), net, theta in zip(self.spans, self.nets, self.thetas):
            if theta.numel():
                theta = theta.expand(len(x), -1)
            else:
                inputs = [x[:, of[0]:of[1]].clamp(-self.constants["input_clip"], self.constants["input_clip"])]
                if self.classes:
                    inputs.append(F.one_hot(labels, self.classes).float())
                theta = net(torch.cat(inputs, dim=1))
            theta = theta.reshape(len(x), to[1] - to[0], self.params)
            for k, j in enumerate(range(*to)):
                columns[j], log_slope = self.map(theta[:, k], x[:, j])
                log_det = log_det + log_slope
        return torch.stack(columns, dim=1), log_det

    def map(self, theta, x):
        c, k = self.config, self.constants
        if c["transform"] == "affine":
            s = k["max_log_slope"] * torch.tanh(theta[:, 0] / k["max_log_slope"])
            return s.exp() * x + theta[:, 1], s
        return spline(theta, x, c["bins"], c["bound"], k)


def spline(theta, x, bins, bound, k):
    """The images of x (n) by rational-quadratic splines with the parameters theta (n x 3 bins - 1), and the logs of the slopes there."""
    widths = k["min_width"] + (1 - bins * k["min_width"]) * theta[:, :bins].softmax(dim=1)
    heights = k["min_height"] + (1 - bins * k["min_height"]) * theta[:, bins:2 * bins].softmax(dim=1)
    least = k["min_slope"]
    inner = least + F.softplus(theta[:, 2 * bins:] + float(np.log(np.expm1(1 - least))))
    slopes = F.pad(inner, (1, 1), value=1.0)
    inside = (x > -bound) & (x < bound)
    at = torch.where(inside, (x + bound) / (2 * bound), torch.full_like(x, 0.5))
    ends = widths.cumsum(dim=1)
    i = (ends <= at[:, None]).sum(dim=1, keepdim=True).clamp(max=bins - 1)
    w, h, d0, d1 = (a.gather(1, j)[:, 0] for a, j in ((widths, i), (heights, i), (slopes, i), (slopes, i + 1)))
    x0, y0 = ends.gather(1, i)[:, 0] - w, heights.cumsum(dim=1).gather(1, i)[:, 0] - h
    s, xi = h / w, ((at - x0) / w).clamp(max=1)
    q = xi * (1 - xi)
    den = s + (d0 + d1 - 2 * s) * q
    image = 2 * bound * (y0 + h * (s * xi ** 2 + d0 * q) / den) - bound
    slope = (s / den) ** 2 * (d1 * xi ** 2 + 2 * s * q + d0 * (1 - xi) ** 2)
    return torch.where(inside, image, x), torch.where(inside, slope, torch.ones_like(slope)).log()
