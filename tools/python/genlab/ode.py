"""Runge-Kutta methods: with fixed steps of all rows, and with steps that are adapted to each row."""

import numpy as np

# The nodes, stages and weights of the methods with fixed steps.
METHODS = {
    "euler": ([0], [[]], [1]),
    "midpoint": ([0, 1 / 2], [[], [1 / 2]], [0, 1]),
    "heun": ([0, 1], [[], [1]], [1 / 2, 1 / 2]),
    "rk4": ([0, 1 / 2, 1 / 2, 1], [[], [1 / 2], [0, 1 / 2], [0, 0, 1]], [1 / 6, 1 / 3, 1 / 3, 1 / 6]),
}

# The method of Dormand and Prince; ERROR is the difference of its solutions of orders 5 and 4.
NODES = [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1]
STAGES = [
    [], [1 / 5], [3 / 40, 9 / 40], [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
    [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
]
ERROR = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40]


def step(method, f, x, t, s):
    """The points at time s of those at t, in one step of a method; f(x, t) is dx/dt."""
    nodes, stages, weights = METHODS[method]
    slopes = []
    for node, stage in zip(nodes, stages):
        at = x + (s - t) * sum(c * v for c, v in zip(stage, slopes)) if slopes else x
        slopes.append(f(at, t + node * (s - t)))
    return x + (s - t) * sum(w * v for w, v in zip(weights, slopes))


def dormand_prince(f, x, first, last, tolerance, share, integral, most=10000):
    """Integrates each row from first to last with its own steps, the first of them a share of the way.

    f(t, x, rows) returns the derivatives of the rows, with integral in a last column of its own that f does not depend on,
    whose tolerance is absolute and whose value is returned beside x; rows that do not arrive are NaN.
    """
    n, d = x.shape
    sign = np.sign(last - first)
    state = np.concatenate([x, np.zeros((n, int(integral)))], axis=1)
    t, h = np.full(n, float(first)), np.full(n, (last - first) / share)
    k = np.zeros((7,) + state.shape)
    everyone = np.arange(n)
    k[0] = f(t, state[:, :d], everyone)
    for _ in range(most):
        rows = everyone[(sign * (last - t) > 0) & ~np.isnan(state).any(axis=1)]
        if len(rows) == 0:
            break
        s, a, w = state[rows], t[rows], h[rows, None]
        own = [k[0, rows]]
        for node, stage in zip(NODES[1:], STAGES[1:]):
            at = s[:, :d] + w * sum(c * v[:, :d] for c, v in zip(stage, own))
            own.append(f(a + node * w[:, 0], at, rows))
        error = np.abs(w * sum(c * v for c, v in zip(ERROR, own)))
        size = np.full(s.shape, tolerance)
        size[:, :d] *= 1 + np.abs(s[:, :d])
        worst = (error / size).max(axis=1)
        good = worst <= 1
        ok = rows[good]
        state[ok] = (s + w * sum(c * v for c, v in zip(STAGES[6], own)))[good]
        t[ok] += h[ok]
        t[ok[sign * (last - t[ok]) < 1e-9]] = last
        k[0, ok] = own[6][good]
        state[rows[np.isnan(worst)]] = np.nan
        h[rows] *= np.clip(0.9 * np.maximum(worst, 1e-10) ** -0.2, 0.2, 5)
        h[rows] = sign * np.minimum(np.abs(h[rows]), np.abs(last - t[rows]))
    state[sign * (last - t) > 0] = np.nan
    return (state[:, :d], state[:, d]) if integral else state
