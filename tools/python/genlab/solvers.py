"""The times of a diffusion sampler, and its multistep solvers: DPM-Solver++ and UniPC."""

import numpy as np

from .checkpoint import RunError

# The spacing that auto is for each sampler.
AUTO = {"ddim": "threehalves", "heun": "karras", "ddpm": "quadratic", "dpmsolver2m": "quadratic", "dpmsolver2m-midpoint": "quadratic",
        "dpmsolver3m": "quadratic", "unipc": "searched", "unipc3": "searched"}

SPACINGS = ("auto", "time", "trailing", "quadratic", "threehalves", "shifted", "logsnr", "lu", "karras", "searched")

# The log(alpha / sigma) after t = 1 of the searched spacing, for 7, 10, 14 and 20 steps.
SEARCHED = [
    [-0.450, 0.555, 1.710, 2.573, 3.289, 5.007],
    [-0.809, -0.057, 0.628, 1.260, 1.874, 2.478, 3.073, 3.802, 5.097],
    [-1.983, -1.039, -0.406, 0.115, 0.558, 0.945, 1.288, 1.659, 2.105, 2.665, 3.413, 4.338, 5.405],
    [-2.305, -0.791, -0.344, 0.019, 0.326, 0.592, 0.826, 1.035, 1.224, 1.399, 1.591, 1.816, 2.091, 2.441, 2.926, 3.689, 4.452, 5.079, 5.610],
]


def searched(first, steps, part):
    """The log(alpha / sigma) at a part of the searched spacing, linear in the logarithm of the steps between two grids."""
    def at(knots):
        return np.interp(part * len(knots), np.arange(len(knots) + 1), [first] + knots)

    counts = [len(k) + 1 for k in SEARCHED]
    for i, count in enumerate(counts):
        if steps <= count:
            if i == 0:
                return at(SEARCHED[0])
            share = np.log(steps / counts[i - 1]) / np.log(count / counts[i - 1])
            return at(SEARCHED[i - 1]) + (at(SEARCHED[i]) - at(SEARCHED[i - 1])) * share
    return at(SEARCHED[-1])


def plan(model, c):
    """The times of the settings c: steps + 1 of them from 1 to 0."""
    if c["sampler"] not in AUTO:
        raise RunError(f"sampler is {c['sampler']!r}, which this package does not know: expected one of {', '.join(AUTO)}. Sample with genlab sample, or install the package of the genlab that wrote the run")
    if c["spacing"] not in SPACINGS:
        raise RunError(f"spacing is {c['spacing']!r}, which this package does not know: expected one of {', '.join(SPACINGS)}. Sample with genlab sample, or install the package of the genlab that wrote the run")
    heun = c["sampler"] == "heun"
    if heun and c["nfe"] % 2 == 0:
        raise ValueError(f"nfe is {c['nfe']}, but sampler heun takes two evaluations per step and one in the last: use an odd number")
    steps = (c["nfe"] + 1) // 2 if heun else c["nfe"]
    spacing = c["spacing"]
    if spacing == "auto":
        spacing = "logsnr" if heun and steps < model.constants["few_heun_steps"] else AUTO[c["sampler"]]
    return [1.0] + [float(time(model, spacing, i, steps)) for i in range(1, steps)] + [0.0]


def time(model, spacing, i, steps):
    """Time i of a spacing, 0 < i < steps."""
    k, part, big = model.constants, i / (steps - 1), model.config["timesteps"]
    first = model.log_snr(1.0)
    last = -np.log(min(k["min_sampling_noise"], max(k["min_noise"], k["sampling_noise_steps"] / steps)))

    def power(p, start, end):
        end = model.time_of_log_snr(end)
        return (start ** (1 / p) + (end ** (1 / p) - start ** (1 / p)) * part) ** p

    if spacing == "time":
        return 1 - i / steps
    if spacing == "trailing":
        return np.floor(big * (1 - i / steps) + 0.5) / big
    if spacing == "logsnr":
        return model.time_of_log_snr(first + (last - first) * part)
    if spacing == "lu":
        return model.time_of_log_snr(first + (model.log_snr(1 / big) - first) * part)
    if spacing == "searched":
        return model.time_of_log_snr(searched(first, steps, part))
    if spacing == "karras":
        rho = k["karras_rho"]
        a, b = np.exp(-first / rho), np.exp(-last / rho)
        return model.time_of_log_snr(-rho * np.log(a + (b - a) * part))
    if spacing == "threehalves":
        return power(1.5, 1.0, last)
    if spacing == "shifted":
        s = k["log_shift"]
        return model.time_of_log_snr(model.log_snr(power(1.5, model.time_of_log_snr(first + s), last + s)) - s)
    return power(2, 1.0, last)


def moments(h, n):
    """The integrals of exp(l - h) l^k over l from 0 to h, for k below n."""
    if h > 1:
        m = [-np.expm1(-h)]
        for k in range(1, n):
            m.append(h ** k - k * m[-1])  # by parts
        return m
    m, term = [0.0] * n, h ** n / n
    for i in range(1, 30):
        m[-1] += term
        term *= -h / (n + i)
    for k in range(n - 1, 0, -1):
        m[k - 1] = (h ** k - m[k]) / k
    return m


def weights(h, nodes):
    """The c_j with which sum c_j D(node_j) is the integral of exp(l - h) D(l) over l from 0 to h, D a polynomial through the nodes."""
    return np.linalg.solve(np.vander(nodes, increasing=True).T, moments(h, len(nodes)))


class Multistep:
    """Steps of DPM-Solver++ (2m, its midpoint form, 3m) or UniPC (the predictor's order is 2 or 3) over a grid."""

    def __init__(self, sampler, grid, constants):
        self.order = 3 if sampler in ("dpmsolver3m", "unipc3") else 2
        self.corrects = sampler.startswith("unipc")
        self.midpoint = self.corrects or sampler.endswith("midpoint")
        self.end = grid[max(0, len(grid) - 2 - int(constants["low_final_steps"]))]
        self.growth, self.known, self.history, self.last = constants["max_growth"], 0, [], None

    def __call__(self, x, d, t, at, s, to):
        """x at time s from x at t, the denoised point d there; at and to are the (alpha, sigma) of both."""
        lam = np.log(at[0] / at[1])
        self.history = [(lam, d)] + self.history[:3]
        self.known = min(self.known + 1, self.order)
        if to[1] == 0:
            return d
        if self.last is not None:  # UniPC takes the last step again, with the point at its end
            before, keep, alpha, h, nodes = self.last
            half = -np.expm1(-h) / 2
            x = self._combine(before, keep, alpha, [half, half] if len(nodes) == 2 else weights(h, nodes))
        h, known = np.log(to[0] / to[1]) - lam, self.known
        # Order 2 near the end, and in a step that is longer than the one before.
        if t <= self.end or len(self.history) > 1 and h > self.growth * (lam - self.history[1][0]):
            known = min(known, 2)
        nodes = [l - lam for l, _ in self.history[:known]]
        keep, c = to[1] / at[1], None
        if self.midpoint and known == 2:
            phi = -np.expm1(-h)
            c = [phi * (1 - h / nodes[1] / 2), phi * h / nodes[1] / 2]
        else:
            c = weights(h, nodes)
        if self.corrects:
            self.last = (x, keep, to[0], h, [h] + nodes)
        return self._combine(x, keep, to[0], c)

    def _combine(self, x, keep, alpha, c):
        return keep * x + alpha * sum(v * d for v, (_, d) in zip(c, self.history))
