"""Normalizing flows: exact density and samples."""

import numpy as np

from .checkpoint import RunError, Standardisation
from .network import MLP, softplus

LOG_TWO_PI = np.log(2 * np.pi)


class Flow:
    def __init__(self, checkpoint, tensors, config=None):
        c, self.constants = config or checkpoint.config, checkpoint.constants
        self.scale = Standardisation(tensors)
        self.config, self.dim = c, self.scale.dim
        weights = {k[4:]: v for k, v in tensors.items() if k.startswith("ema/")}
        self.log_prior = None
        if "prior" in weights:
            prior = weights["prior"][0].astype(np.float64)
            self.log_prior = prior - np.logaddexp.reduce(prior)
        for key, known in (("structure", ("autoregressive", "coupling")), ("transform", ("spline", "affine"))):
            if c[key] not in known:
                raise RunError(f"{checkpoint.folder}: {key} is {c[key]!r}, which this package does not know: expected {' or '.join(known)}; install the package of the genlab that wrote the run")
        self.params = 2 if c["transform"] == "affine" else 3 * c["bins"] - 1
        self.layers = []
        for i in range(1, c["layers"] + 1):
            if f"mixing{i}.triangles" in weights:
                self.layers.append(Linear(weights, f"mixing{i}"))
            self.layers.append(Triangular(self, weights, f"layer{i}", reversed_order=i % 2 == 0))

    @property
    def classes(self):
        return 0 if self.log_prior is None else len(self.log_prior)

    def log_prob(self, x, labels=None):
        if self.log_prior is not None and labels is None:
            parts = [self.log_prior[k] + self.log_prob(x, np.full(len(x), k)) for k in range(self.classes)]
            return np.logaddexp.reduce(parts, axis=0)
        z, log_det = self.scale.from_data(x), np.zeros(len(x))
        with np.errstate(over="ignore", invalid="ignore"):
            for layer in self.layers:
                z, log_det = layer.forward(z, log_det, labels)
            log_p = log_det - (z ** 2 + LOG_TWO_PI).sum(axis=1) / 2 - self.scale.log_scale()
        log_p[np.isnan(log_p) & ~np.isnan(np.asarray(x)).any(axis=1)] = -np.inf  # z overflowed
        return log_p

    def decode(self, z, labels=None):
        for layer in reversed(self.layers):
            z = layer.inverse(z, labels)
        return self.scale.to_data(z)

    def sample(self, n, stream, labels=None):
        if self.log_prior is not None and labels is None:
            edges = np.cumsum(np.exp(self.log_prior[:-1]))
            labels = (stream.uniform(n)[:, None] >= edges).sum(axis=1)
        return self.decode(stream.normal(n, self.dim), labels)


class Linear:
    """z = x L U + b."""

    def __init__(self, weights, name):
        t = weights[name + ".triangles"].astype(np.float64)
        s = weights[name + ".log-diagonal"][0].astype(np.float64)
        self.matrix = (np.tril(t, -1) + np.eye(len(s))) @ (np.triu(t, 1) + np.diag(np.exp(s)))
        self.shift, self.log_det = weights[name + ".shift"][0].astype(np.float64), s.sum()

    def forward(self, x, log_det, labels):
        return x @ self.matrix + self.shift, log_det + self.log_det

    def inverse(self, z, labels):
        return np.linalg.solve(self.matrix.T, (z - self.shift).T).T


class Triangular:
    """A layer: each column of a stage is mapped with parameters that a network computes from the columns before."""

    def __init__(self, flow, weights, name, reversed_order):
        c, d = flow.config, flow.dim
        self.flow = flow
        if c["structure"] == "coupling":
            h = (d + 1) // 2
            stages = [((0, h), (h, d))]
        else:
            stages = [((0, i), (i, i + 1)) for i in range(d)]
        if reversed_order:
            stages = [tuple((d - hi, d - lo) for lo, hi in s) for s in stages]
        self.stages = []
        for i, (of, to) in enumerate(stages, 1):
            key = f"{name}.stage{i}"
            net = None
            if key + ".theta" not in weights:
                net = MLP(weights, key + ".layer", c["activation"] or "silu", flow.constants["leaky_slope"])
            self.stages.append((of, to, net, weights.get(key + ".theta")))

    def theta(self, stage, x, labels):
        """The parameters of each column of a stage, n x columns x params."""
        of, to, net, constant = stage
        columns = to[1] - to[0]
        if net is None:
            return np.broadcast_to(constant.astype(np.float64).reshape(1, columns, -1), (len(x), columns, self.flow.params))
        clip = self.flow.constants["input_clip"]
        inputs = [np.clip(x[:, of[0]:of[1]], -clip, clip)]
        if self.flow.classes:
            inputs.append(np.eye(self.flow.classes)[labels])
        return net(np.concatenate(inputs, axis=1)).reshape(len(x), columns, -1)

    def forward(self, x, log_det, labels):
        z = x.copy()
        for stage in self.stages:
            theta = self.theta(stage, x, labels)
            for k, j in enumerate(range(*stage[1])):
                z[:, j], slope = self.map(theta[:, k], x[:, j], False)
                log_det = log_det + np.log(slope)
        return z, log_det

    def inverse(self, z, labels):
        x = z.copy()
        for stage in self.stages:
            theta = self.theta(stage, x, labels)  # of columns that are inverted already
            for k, j in enumerate(range(*stage[1])):
                x[:, j], _ = self.map(theta[:, k], z[:, j], True)
        return x

    def map(self, theta, v, inverse):
        c, k = self.flow.config, self.flow.constants
        if c["transform"] == "affine":
            s = k["max_log_slope"] * np.tanh(theta[:, 0] / k["max_log_slope"])
            return ((v - theta[:, 1]) * np.exp(-s) if inverse else np.exp(s) * v + theta[:, 1]), np.exp(s)
        return spline(theta, v, inverse, c["bins"], c["bound"], k)


def spline(theta, v, inverse, bins, bound, constants):
    """The monotone rational-quadratic spline: the image (or preimage) of v, and the slope of the spline there."""
    def shares(t, least):
        e = np.exp(t - t.max(axis=1, keepdims=True))
        return least + (1 - bins * least) * e / e.sum(axis=1, keepdims=True)

    widths = shares(theta[:, :bins], constants["min_width"])
    heights = shares(theta[:, bins:2 * bins], constants["min_height"])
    least = constants["min_slope"]
    inner = least + softplus(theta[:, 2 * bins:] + np.log(np.expm1(1 - least)))
    ones = np.ones((len(v), 1))
    slopes = np.concatenate([ones, inner, ones], axis=1)

    inside = (v > -bound) & (v < bound)
    at = np.where(inside, (v + bound) / (2 * bound), 0.5)
    ends = np.cumsum(heights if inverse else widths, axis=1)
    i = np.minimum((ends <= at[:, None]).sum(axis=1), bins - 1)[:, None]

    def pick(a):
        return np.take_along_axis(a, i, axis=1)[:, 0]

    w, h = pick(widths), pick(heights)
    x0, y0 = pick(np.cumsum(widths, axis=1)) - w, pick(np.cumsum(heights, axis=1)) - h
    d0, d1, s = pick(slopes), np.take_along_axis(slopes, i + 1, axis=1)[:, 0], h / w
    if inverse:
        rise = at - y0
        turn = rise * (d0 + d1 - 2 * s)
        a, b, c = h * (s - d0) + turn, h * d0 - turn, -s * rise
        xi = np.clip(2 * c / (-b - np.sqrt(np.maximum(0, b * b - 4 * a * c))), 0, 1)
        image = x0 + xi * w
    else:
        xi = np.minimum((at - x0) / w, 1)
    q = xi * (1 - xi)
    den = s + (d0 + d1 - 2 * s) * q
    if not inverse:
        image = y0 + h * (s * xi ** 2 + d0 * q) / den
    slope = (s / den) ** 2 * (d1 * xi ** 2 + 2 * s * q + d0 * (1 - xi) ** 2)
    return np.where(inside, 2 * bound * image - bound, v), np.where(inside, slope, 1)
