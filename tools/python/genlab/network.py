"""Multilayer perceptrons, activations and Fourier features."""

import numpy as np


def sigmoid(x):
    return np.exp(-softplus(-x))


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def gelu_inner(x):
    return np.sqrt(8 / np.pi) * (x + 0.044715 * x ** 3)


def gelu_slope(x):
    x = np.clip(x, -10, 10)
    s = sigmoid(gelu_inner(x))
    return s + x * s * (1 - s) * np.sqrt(8 / np.pi) * (1 + 3 * 0.044715 * x ** 2)


def activations(leaky_slope):
    """Maps the name of each activation to the function and its derivative."""
    return {
        "identity": (lambda x: x, np.ones_like),
        "silu": (lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x)))),
        "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(float)),
        "leaky-relu": (lambda x: np.where(x > 0, x, leaky_slope * x), lambda x: np.where(x > 0, 1, leaky_slope)),
        "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
        # The tanh form: x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2, which is x sigmoid(2 ...).
        "gelu": (lambda x: x * sigmoid(gelu_inner(np.clip(x, -10, 10))), gelu_slope),
        "softplus": (softplus, sigmoid),
        "sigmoid": (sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    }


class MLP:
    """Layers NAME1, NAME2, ...: act(x W + b), the last one without activation. W is [in, out]."""

    def __init__(self, tensors, name, activation, leaky_slope):
        table = activations(leaky_slope)
        if activation not in table:
            raise ValueError(f"unknown activation {activation!r}: expected one of {', '.join(table)}")
        self.activation, (self.act, self.slope) = activation, table[activation]
        self.layers = []
        while f"{name}{len(self.layers) + 1}.weight" in tensors:
            k = f"{name}{len(self.layers) + 1}"
            self.layers.append((tensors[k + ".weight"].astype(np.float64), tensors[k + ".bias"].astype(np.float64)))
        if not self.layers:
            raise KeyError(f"the checkpoint has no tensor {name}1.weight")

    def __call__(self, x):
        for w, b in self.layers[:-1]:
            x = self.act(x @ w + b)
        w, b = self.layers[-1]
        return x @ w + b

    def with_tangents(self, x, tangents):
        """The output, and its directional derivatives along each of the tangents of the input."""
        for w, b in self.layers[:-1]:
            z = x @ w + b
            slope = self.slope(z)
            x, tangents = self.act(z), [slope * (t @ w) for t in tangents]
        w, b = self.layers[-1]
        return x @ w + b, [t @ w for t in tangents]


def fourier(x, frequencies):
    """x, sin(x B), cos(x B) side by side; x alone without frequencies."""
    if frequencies is None:
        return x
    angles = x @ frequencies
    return np.concatenate([x, np.sin(angles), np.cos(angles)], axis=1)


def tangents(x, frequencies, others):
    """The derivatives of the inputs [x, its Fourier features, others] along each coordinate of x; those of the others, which are so many columns, are 0."""
    n, d = x.shape
    along = []
    for j in range(d):
        unit = np.zeros((n, d))
        unit[:, j] = 1
        parts = [unit]
        if frequencies is not None:
            angles = x @ frequencies
            parts += [np.cos(angles) * frequencies[j], -np.sin(angles) * frequencies[j]]
        along.append(np.concatenate(parts + [np.zeros((n, others))], axis=1))
    return along


def float32(x):
    """x rounded to float32, as the networks of genlab take it."""
    return np.asarray(x).astype(np.float32).astype(np.float64)
