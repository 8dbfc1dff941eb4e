"""Kernel density estimates: exact density and samples."""

import numpy as np

from .checkpoint import Standardisation


class KDE:
    classes = 0

    def __init__(self, checkpoint, tensors):
        self.config, self.scale = checkpoint.config, Standardisation(tensors)
        self.centres, self.square = tensors["centres"].astype(float), float(tensors["squared_bandwidth"])
        self.dim = self.scale.dim

    def log_prob(self, x, labels=None):
        z, d = self.scale.from_data(x), self.dim
        constant = self.scale.log_scale() + np.log(len(self.centres)) + d / 2 * np.log(2 * np.pi * self.square)
        parts = []
        for rows in np.array_split(z, max(1, len(z) // 500)):
            square = ((rows[:, None] - self.centres) ** 2).sum(axis=2)
            parts.append(np.logaddexp.reduce(-square / (2 * self.square), axis=1) - constant)
        return np.concatenate(parts)

    def sample(self, n, stream):
        z = np.empty((n, self.dim))
        for row in z:
            row[:] = self.centres[stream.integers(len(self.centres), 1)[0]] + np.sqrt(self.square) * stream.normal(self.dim)
        return self.scale.to_data(z)
