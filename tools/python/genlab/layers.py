"""Layers of torch modules with the weights of a run."""

import numpy as np
import torch
from torch import nn


def tensor(a):
    return torch.tensor(np.array(a), dtype=torch.float32)


ACTIVATIONS = {
    "identity": nn.Identity, "silu": nn.SiLU, "relu": nn.ReLU, "tanh": nn.Tanh, "softplus": nn.Softplus,
    "sigmoid": nn.Sigmoid, "leaky-relu": lambda: nn.LeakyReLU(0.2), "gelu": lambda: nn.GELU(approximate="tanh"),
}


def linear(w, b=None):
    """A layer with the weights W, [in, out] in a checkpoint and [out, in] in PyTorch."""
    layer = nn.Linear(*np.shape(w), bias=b is not None)
    with torch.no_grad():
        layer.weight.copy_(tensor(w).T)
        if b is not None:
            layer.bias.copy_(tensor(np.ravel(b)))
    return layer


def mlp(of):
    layers = []
    for w, b in of.layers:
        layers += [linear(w, b), ACTIVATIONS[of.activation]()]
    return nn.Sequential(*layers[:-1])


class Fourier(nn.Module):
    def __init__(self, frequencies):
        super().__init__()
        self.register_buffer("frequencies", None if frequencies is None else tensor(frequencies))

    def forward(self, x):
        if self.frequencies is None:
            return x
        angles = x @ self.frequencies
        return torch.cat([x, angles.sin(), angles.cos()], dim=1)


class Standardised(nn.Module):
    def __init__(self, scale):
        super().__init__()
        self.register_buffer("shift", tensor(scale.shift))
        self.register_buffer("scale", tensor(scale.scale))
