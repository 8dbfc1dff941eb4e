"""Diffusion models: samplers, and the density of the probability flow."""

import numpy as np

from .checkpoint import NoDensityError, RunError, Standardisation
from .network import MLP, float32, fourier, tangents
from .ode import dormand_prince
from .solvers import Multistep, plan
from .stream import Stream

SHARD = 256  # rows that share a random stream


class Diffusion:
    def __init__(self, checkpoint, tensors, config=None):
        c = self.config = config or checkpoint.config
        k = self.constants = checkpoint.constants
        self.scale, self.dim = Standardisation(tensors), len(tensors["scale/shift"])
        for key, known in (("schedule", ("cosine", "linear")), ("prediction", ("velocity", "noise", "data"))):
            if c[key] not in known:
                raise RunError(f"{checkpoint.folder}: {key} is {c[key]!r}, which this package does not know: expected {' or '.join(known)}; install the package of the genlab that wrote the run")
        weights = {name[4:]: t for name, t in tensors.items() if name.startswith("ema/")}
        self.net = MLP(weights, "layer", c["activation"] or "silu", k["leaky_slope"])
        self.b = tensors.get("features/frequencies")
        if self.b is not None:
            self.b = self.b.astype(np.float64)
        m = c["time-features"] // 2
        self.f = float32(k["level_frequency_first"] * (1 / k["level_frequency_ratio"]) ** (np.arange(m) / m))
        inputs = self.dim + (0 if self.b is None else 2 * self.b.shape[1]) + 2 * m
        self.classes = self.net.layers[0][0].shape[0] - inputs

    # The schedule.

    def levels(self, t):
        """alpha and sigma at time t."""
        k = self.constants
        if self.config["schedule"] == "linear":
            log_a2 = -(k["linear_min"] * t + (k["linear_max"] - k["linear_min"]) * t * t / 2)
            return np.exp(log_a2 / 2), np.sqrt(-np.expm1(log_a2))
        first = np.pi / 2 * k["cosine_offset"] / (1 + k["cosine_offset"])
        last = np.arccos(np.sqrt(k["cosine_end"]) * np.cos(first))
        angle = first + t * (last - first)
        return np.cos(angle) / np.cos(first), np.sqrt(np.sin(angle - first) * np.sin(angle + first)) / np.cos(first)

    def log_snr(self, t):
        alpha, sigma = self.levels(t)
        return np.log(alpha / sigma)

    def time_of_log_snr(self, target):
        lo, hi = 0.0, 1.0
        for _ in range(60):
            mid = (lo + hi) / 2
            with np.errstate(divide="ignore"):
                lo, hi = (mid, hi) if self.log_snr(mid) > target else (lo, mid)
        return (lo + hi) / 2

    # The network.

    def inputs(self, x, u, labels):
        """x, its Fourier features, the embedding of the noise level u and the one-hot label side by side."""
        u = np.full((len(x), 1), u) if np.ndim(u) == 0 else float32(u)[:, None]
        parts = [fourier(x, self.b), np.sin(u * self.f), np.cos(u * self.f)]
        if self.classes:
            parts.append(self.one_hot(labels, len(x)))
        return np.concatenate(parts, axis=1)

    def one_hot(self, labels, n):
        """The rows of labels; zeros for no label, which is None or a negative number."""
        if labels is None:
            return np.zeros((n, self.classes))
        labels = np.broadcast_to(labels, n)
        return np.eye(self.classes)[np.maximum(labels, 0)] * (labels >= 0)[:, None]

    def coefficients(self, alpha, sigma):
        """a and b of the denoised point a x + b network."""
        return {"velocity": (alpha, -sigma), "noise": (1 / alpha, -sigma / alpha), "data": (0 * alpha, 1 + 0 * alpha)}[self.config["prediction"]]

    def denoise(self, x, t, labels=None, guidance=1):
        alpha, sigma = self.levels(t)
        a, b = self.coefficients(alpha, sigma)
        u = np.log(sigma / alpha)
        if labels is None or guidance == 0:
            return a * x + b * self.net(self.inputs(float32(x), u, None))
        d = a * x + b * self.net(self.inputs(float32(x), u, labels))
        if guidance != 1:
            d = guidance * d + (1 - guidance) * (a * x + b * self.net(self.inputs(float32(x), u, None)))
        return d

    # Sampling.

    def decode(self, x, stream=None, labels=None, options=None, scaled=True):
        """Samples from the noise x, standard normal; stream is for samplers that add noise."""
        c = dict(self.config, **(options or {}))
        grid = plan(self, c)
        x, multistep = np.array(x, float), Multistep(c["sampler"], grid, self.constants)
        for t, s in zip(grid, grid[1:]):
            at, st = self.levels(t)
            as_, ss = self.levels(s)
            d = self.denoise(x, t, labels, c["guidance"])
            if c["sampler"] == "ddim":
                noise = c["eta"] * ss / st * np.sqrt(max(0, st * st - (at / as_ * ss) ** 2))
                keep = np.sqrt(max(0, ss * ss - noise * noise)) / st
                x = keep * x + (as_ - keep * at) * d
                if noise > 0:
                    x += noise * stream.normal(*x.shape)
            elif c["sampler"] == "ddpm":
                ratio = at / as_
                added = st * st - (ratio * ss) ** 2
                x = ratio * ss * ss / (st * st) * x + as_ * added / (st * st) * d
                if ss > 0:
                    x += ss / st * np.sqrt(added) * stream.normal(*x.shape)
            elif c["sampler"] == "heun":
                if ss == 0:
                    x = d
                    continue
                ut, us = st / at, ss / as_
                y = as_ * (us / ut * x / at + (1 - us / ut) * d)
                slopes = (x / at - d) / ut + (y / as_ - self.denoise(y, s, labels, c["guidance"])) / us
                x = as_ * (x / at + (us - ut) / 2 * slopes)
            else:
                x = multistep(x, d, t, (at, st), s, (as_, ss))
        return self.scale.to_data(x) if scaled else x

    def sample(self, n, stream, labels=None, options=None):
        parts = []
        shards = [(lo, min(n, lo + SHARD)) for lo in range(0, n, SHARD)]
        streams = [Stream(stream.uint64(), stream.uint64()) for _ in shards]
        for (lo, hi), own in zip(shards, streams):
            noise = own.normal(hi - lo, self.dim)
            parts.append(self.decode(noise, own, None if labels is None else labels[lo:hi], options))
        return np.concatenate(parts)

    def sample_each(self, n, stream, labels, options=None):
        """Samples with a label for each: those of a label are drawn together, in the order of the labels."""
        x = np.empty((n, self.dim))
        for label in np.unique(labels):
            rows = np.flatnonzero(labels == label)
            x[rows] = self.sample(len(rows), stream, labels[rows], options)
        return x

    # The density.

    def with_trace(self, x, u, labels):
        """The network's output and the trace of its Jacobian by the point."""
        along = tangents(x, self.b, 2 * len(self.f) + self.classes)
        out, slopes = self.net.with_tangents(self.inputs(x, u, labels), along)
        return out, sum(s[:, j] for j, s in enumerate(slopes))

    def derivative(self, angle, x, labels):
        """dx/d(angle) of the probability flow, and minus that of log p as the last column."""
        alpha, sigma = np.cos(angle), np.sin(angle)
        out, trace = self.with_trace(float32(x), np.log(np.tan(angle)), labels)
        a, b = self.coefficients(alpha[:, None], sigma[:, None])
        dx = (alpha[:, None] * x - (a * x + b * out)) / sigma[:, None]
        dl = (self.dim * alpha - (self.dim * a[:, 0] + b[:, 0] * trace)) / sigma
        return np.concatenate([dx, dl[:, None]], axis=1)

    def log_prob(self, x, labels=None, tolerance=None):
        if self.dim != 2:
            raise NoDensityError(f"a diffusion model of {self.dim} coordinates has no density here, which takes a backward pass for each: train on points of the plane")
        x = np.asarray(x, float)
        first, last = np.arctan(self.constants["min_noise"]), np.arctan(np.exp(-self.log_snr(1.0)))
        y = np.cos(first) * self.scale.from_data(x)
        labels = None if labels is None else np.broadcast_to(labels, len(x))
        with np.errstate(all="ignore"):
            y, change = dormand_prince(lambda a, v, rows: self.derivative(a, v, None if labels is None else labels[rows]),
                                       y, first, last, tolerance or self.constants["flow_tolerance"], 50, True)
            log_p = change - (y ** 2).sum(axis=1) / 2 - self.dim / 2 * np.log(2 * np.pi)
        log_p += self.dim * np.log(np.cos(first)) - self.scale.log_scale()
        log_p[np.isnan(log_p) & ~np.isnan(x).any(axis=1)] = -np.inf
        return log_p
