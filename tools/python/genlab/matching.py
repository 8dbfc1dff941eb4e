"""Flow matching and flow maps: velocities that transport noise at t = 1 to data at t = 0."""

import numpy as np

from .checkpoint import NoDensityError, RunError, Standardisation
from .diffusion import SHARD
from .network import MLP, float32, fourier, tangents
from .ode import METHODS, dormand_prince, step
from .stream import Stream


class Network:
    """A perceptron of a point and of the levels log(t/(1 - t)) of one or two times."""

    classes = 0

    def __init__(self, checkpoint, tensors):
        c, k = checkpoint.config, checkpoint.constants
        self.config, self.scale, self.floor = c, Standardisation(tensors), k["time_floor"]
        self.dim = self.scale.dim
        weights = {name[4:]: t for name, t in tensors.items() if name.startswith("ema/")}
        self.net = MLP(weights, "layer", c["activation"] or "silu", k["leaky_slope"])
        self.b = tensors.get("features/frequencies")
        if self.b is not None:
            self.b = self.b.astype(np.float64)
        m = c["time-features"] // 2
        self.f = float32(k["level_frequency_first"] * (1 / k["level_frequency_ratio"]) ** (np.arange(m) / m))

    def level(self, t):
        """The level of times, bounded at 0 and 1."""
        return np.log((t + self.floor) / (1 - t + self.floor))

    def inputs(self, x, *times):
        """x, its Fourier features, and the sines and cosines of each time's level side by side; times are numbers or n values."""
        parts = [fourier(x, self.b)]
        for t in times:
            angles = float32(self.level(np.broadcast_to(t, len(x))))[:, None] * self.f
            parts += [np.sin(angles), np.cos(angles)]
        return np.concatenate(parts, axis=1)

    def velocity(self, x, *times):
        """The velocity, or a map's average velocity, at standardised points."""
        x = float32(x)
        return self.net(self.inputs(x, *times))


class FlowMatching(Network):
    def __init__(self, checkpoint, tensors):
        super().__init__(checkpoint, tensors)
        self._check(self.config["sampler"])

    def _check(self, sampler):
        if sampler not in METHODS and sampler != "dopri5":
            raise RunError(f"sampler is {sampler!r}, which this package does not know: expected {', '.join(METHODS)} or dopri5. Sample with genlab sample, or install the package of the genlab that wrote the run")

    def decode(self, x, options=None):
        """The points to which the noise x, standard normal, is transported."""
        c = dict(self.config, **(options or {}))
        self._check(c["sampler"])
        x = np.asarray(x, float)
        if c["sampler"] == "dopri5":
            return self.scale.to_data(dormand_prince(lambda t, v, rows: self.velocity(v, t), x, 1, 0, c["tolerance"], 20, False))
        each = len(METHODS[c["sampler"]][0])
        if c["nfe"] % each:
            raise ValueError(f"nfe is {c['nfe']}, but sampler {c['sampler']} takes {each} evaluations per step: use a multiple of {each}")
        steps = c["nfe"] // each
        for i in range(steps):
            x = step(c["sampler"], self.velocity, x, 1 - i / steps, 1 - (i + 1) / steps)
        return self.scale.to_data(x)

    def sample(self, n, stream, **options):
        wrong = [k for k in options if k not in ("sampler", "nfe", "tolerance")]
        if wrong:
            raise TypeError(f"unknown option {wrong[0]!r}: expected sampler, nfe or tolerance")
        return self.decode(noise(n, self.dim, stream), options)

    def derivative(self, t, x):
        """The velocity, and its divergence as the last column."""
        x = float32(x)
        v, slopes = self.net.with_tangents(self.inputs(x, t), tangents(x, self.b, 2 * len(self.f)))
        return np.concatenate([v, sum(s[:, j] for j, s in enumerate(slopes))[:, None]], axis=1)

    def log_prob(self, x, labels=None, tolerance=None):
        if self.dim != 2:
            raise NoDensityError(f"a model of velocities of {self.dim} coordinates has no density here, which takes a derivative along each: train on points of the plane")
        x = np.asarray(x, float)
        with np.errstate(all="ignore"):
            z, change = dormand_prince(lambda t, v, rows: self.derivative(t, v), self.scale.from_data(x), 0, 1,
                                       tolerance or self.config["tolerance"], 20, True)
            log_p = change - (z ** 2 + np.log(2 * np.pi)).sum(axis=1) / 2 - self.scale.log_scale()
        log_p[np.isnan(log_p) & ~np.isnan(x).any(axis=1)] = -np.inf
        return log_p


def noise(n, dim, stream):
    """Standard normal numbers, with a stream of their own for each 256 rows."""
    shards = [min(SHARD, n - lo) for lo in range(0, n, SHARD)]
    return np.concatenate([Stream(stream.uint64(), stream.uint64()).normal(rows, dim) for rows in shards])


def rectified(checkpoint, tensors):
    """The flow matching model of the last round of a rectified flow that has begun."""
    name = "flow"
    for i in range(1, checkpoint.config["rounds"] + 1):
        if checkpoint.within(f"round{i}"):
            name = f"round{i}"
    return FlowMatching(checkpoint, checkpoint.within(name))


class FlowMap(Network):
    def decode(self, x, nfe=None):
        """The points to which the noise x, standard normal, is moved in so many equal steps (default: the run's)."""
        x, steps = np.asarray(x, float), nfe or self.config["evaluations"]
        for i in range(steps):
            t, r = 1 - i / steps, 1 - (i + 1) / steps
            x = x - (t - r) * self.velocity(x, t, r)
        return self.scale.to_data(x)

    def sample(self, n, stream, nfe=None):
        return self.decode(stream.normal(n, self.dim), nfe)

    def log_prob(self, x, labels=None):
        raise NoDensityError("a flow map has no density: compare its samples instead, or train flow-matching")
