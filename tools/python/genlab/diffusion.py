"""Diffusion models: samplers, and the density of the probability flow."""

import numpy as np

from .checkpoint import NoDensityError, RunError, Standardisation
from .network import MLP, float32, fourier
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

    def grid(self, spacing, steps):
        """The times of a sampler: steps + 1 of them from 1 to 0."""
        k = self.constants
        first = self.log_snr(1.0)
        last = -np.log(min(k["min_sampling_noise"], max(k["min_noise"], k["sampling_noise_steps"] / steps)))

        def power(p, start, end, part):
            end = self.time_of_log_snr(end)
            return (start ** (1 / p) + (end ** (1 / p) - start ** (1 / p)) * part) ** p

        times = [1.0]
        for i in range(1, steps):
            part = i / (steps - 1)
            if spacing == "time":
                t = 1 - i / steps
            elif spacing == "trailing":
                big = self.config["timesteps"]
                t = np.floor(big * (1 - i / steps) + 0.5) / big
            elif spacing == "logsnr":
                t = self.time_of_log_snr(first + (last - first) * part)
            elif spacing == "karras":
                rho = k["karras_rho"]
                a, b = np.exp(-first / rho), np.exp(-last / rho)
                t = self.time_of_log_snr(-rho * np.log(a + (b - a) * part))
            elif spacing == "threehalves":
                t = power(1.5, 1.0, last, part)
            elif spacing == "shifted":
                s = k["log_shift"]
                t = self.time_of_log_snr(self.log_snr(power(1.5, self.time_of_log_snr(first + s), last + s, part)) - s)
            elif spacing == "quadratic":
                t = power(2, 1.0, last, part)
            else:
                raise RunError(f"spacing is {spacing!r}, which this package does not know: expected auto, time, trailing, quadratic, threehalves, shifted, logsnr or karras")
            times.append(float(t))
        return times + [0.0]

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

    def plan(self, options=None):
        """The sampler, its steps and its times, of the settings with some replaced."""
        c = dict(self.config, **(options or {}))
        auto = {"ddim": "threehalves", "heun": "karras", "ddpm": "quadratic", "dpmsolver2m": "quadratic", "dpmsolver3m": "quadratic"}
        if c["sampler"] not in auto:
            raise RunError(f"sampler is {c['sampler']!r}, which this package does not know: expected one of {', '.join(auto)}")
        steps = (c["nfe"] + 1) // 2 if c["sampler"] == "heun" else c["nfe"]
        return c, self.grid(auto[c["sampler"]] if c["spacing"] == "auto" else c["spacing"], steps)

    def decode(self, x, stream=None, labels=None, options=None, scaled=True):
        """Samples from the noise x, standard normal; stream is for samplers that add noise."""
        c, grid = self.plan(options)
        x, history = np.array(x, float), []
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
                order = int(c["sampler"][-2])
                history = [(np.log(at / st), d)] + history[:order - 1]
                if ss == 0:
                    x = d
                    continue
                known = history
                if len(history) == 3:  # order 2 near the end, and in a step that is longer than the one before
                    longer = np.log(as_ / ss) - history[0][0] > self.constants["max_growth"] * (history[0][0] - history[1][0])
                    if longer or t <= grid[max(0, len(grid) - 2 - int(self.constants["low_final_steps"]))]:
                        known = history[:2]
                x = ss / st * x + as_ * exponential(np.log(as_ / ss), known)
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
        n, d = x.shape
        tangents = []
        for j in range(d):
            unit = np.zeros((n, d))
            unit[:, j] = 1
            parts = [unit]
            if self.b is not None:
                angles = x @ self.b
                parts += [np.cos(angles) * self.b[j], -np.sin(angles) * self.b[j]]
            parts.append(np.zeros((n, 2 * len(self.f) + self.classes)))
            tangents.append(np.concatenate(parts, axis=1))
        out, slopes = self.net.with_tangents(self.inputs(x, u, labels), tangents)
        return out, sum(s[:, j] for j, s in enumerate(slopes))

    def derivative(self, angle, x, labels):
        """dx/d(angle) of the probability flow, and minus that of log p as the last column."""
        alpha, sigma = np.cos(angle), np.sin(angle)
        out, trace = self.with_trace(float32(x), np.log(np.tan(angle)), labels)
        a, b = self.coefficients(alpha[:, None], sigma[:, None])
        dx = (alpha[:, None] * x - (a * x + b * out)) / sigma[:, None]
        dl = (self.dim * alpha - (self.dim * a[:, 0] + b[:, 0] * trace)) / sigma
        return np.concatenate([dx, dl[:, None]], axis=1)

    def log_prob(self, x, labels=None):
        if self.dim != 2:
            raise NoDensityError(f"a diffusion model of {self.dim} coordinates has no density here, which takes a backward pass for each: train on points of the plane")
        x = np.asarray(x, float)
        first, last = np.arctan(self.constants["min_noise"]), np.arctan(np.exp(-self.log_snr(1.0)))
        y = np.cos(first) * self.scale.from_data(x)
        labels = None if labels is None else np.broadcast_to(labels, len(x))
        with np.errstate(all="ignore"):
            y, change = dormand_prince(lambda a, v, rows: self.derivative(a, v, None if labels is None else labels[rows]),
                                       y, first, last, self.constants["flow_tolerance"])
            log_p = change - (y ** 2).sum(axis=1) / 2 - self.dim / 2 * np.log(2 * np.pi)
        log_p += self.dim * np.log(np.cos(first)) - self.scale.log_scale()
        log_p[np.isnan(log_p) & ~np.isnan(x).any(axis=1)] = -np.inf
        return log_p


def exponential(target, history):
    """The integral of exp(l - target) D(l) over a step to l = target, for the polynomial D through the history."""
    lam = [l for l, _ in history]
    h = target - lam[0]
    phi1 = -np.expm1(-h)
    if len(history) == 1:
        return phi1 * history[0][1]
    phi2, h1 = h - phi1, lam[0] - lam[1]
    if len(history) == 2:
        return (phi1 + phi2 / h1) * history[0][1] - phi2 / h1 * history[1][1]
    phi3, h2 = h * h - 2 * phi2, lam[0] - lam[2]
    c1 = -(phi3 + phi2 * h2) / (h1 * (h2 - h1))
    c2 = (phi3 + phi2 * h1) / (h2 * (h2 - h1))
    return (phi1 - c1 - c2) * history[0][1] + c1 * history[1][1] + c2 * history[2][1]


NODES = [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1]
STAGES = [
    [], [1 / 5], [3 / 40, 9 / 40], [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
    [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
]
ERROR = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40]


def dormand_prince(f, x, first, last, tolerance, most=10000):
    """Integrates each row from first to last with its own steps; f returns the derivatives, of the integral last."""
    n, d = x.shape
    state = np.concatenate([x, np.zeros((n, 1))], axis=1)
    angle, h = np.full(n, first), np.full(n, (last - first) / 50)
    k = np.zeros((7, n, d + 1))
    everyone = np.arange(n)
    k[0] = f(angle, state[:, :d], everyone)
    for _ in range(most):
        rows = everyone[(angle < last) & ~np.isnan(state[:, d])]
        if len(rows) == 0:
            return state[:, :d], state[:, d]
        s, a, w = state[rows], angle[rows], h[rows, None]
        own = [k[0, rows]]
        for node, stage in zip(NODES[1:], STAGES[1:]):
            at = s[:, :d] + w * sum(c * v[:, :d] for c, v in zip(stage, own))
            own.append(f(a + node * w[:, 0], at, rows))
        error = np.abs(w * sum(c * v for c, v in zip(ERROR, own)))
        size = np.concatenate([tolerance * (1 + np.abs(s[:, :d])), np.full((len(rows), 1), tolerance)], axis=1)
        worst = (error / size).max(axis=1)
        good = worst <= 1
        ok = rows[good]
        state[ok] = (s + w * sum(c * v for c, v in zip(STAGES[6], own)))[good]
        angle[ok] += h[ok]
        angle[ok[last - angle[ok] < 1e-9]] = last
        k[0, ok] = own[6][good]
        state[rows[np.isnan(worst)], d] = np.nan
        h[rows] *= np.clip(0.9 * np.maximum(worst, 1e-10) ** -0.2, 0.2, 5)
        h[rows] = np.minimum(h[rows], last - angle[rows])
    state[angle < last, d] = np.nan
    return state[:, :d], state[:, d]
