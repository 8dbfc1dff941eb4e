"""JAX's side of the speed experiment: reads "KIND HIDDEN ROWS" a line, answers with the median
microseconds of one call under jit. Arguments: the mode (jit) and the threads."""

import os
import statistics
import sys
import time

threads = int(sys.argv[2])
os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:threads]))
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=" + ("true" if threads > 1 else "false")

import jax
import jax.numpy as jnp

import models_jax

key = jax.random.PRNGKey(0)


def weights(widths):
    ks = jax.random.split(key, len(widths))
    return [
        (jax.random.normal(ks[i], (widths[i], widths[i + 1])) / widths[i] ** 0.5, jnp.zeros(widths[i + 1]))
        for i in range(len(widths) - 1)
    ]


def mlp(params, x, activation):
    for w, b in params[:-1]:
        x = activation(x @ w + b)
    w, b = params[-1]
    return x @ w + b


def learner(params, loss, b1, b2):
    """One Adam step under jit over the state (params, m, v, t)."""
    zeros = jax.tree.map(jnp.zeros_like, params)

    def update(state):
        params, m, v, t = state
        g = jax.grad(loss)(params)
        t = t + 1
        m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, m, g)
        v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, v, g)
        c1, c2 = 1 - b1**t, jnp.sqrt(1 - b2**t)
        params = jax.tree.map(lambda p, m, v: p - 1e-3 / c1 * m / (jnp.sqrt(v) / c2 + 1e-8), params, m, v)
        return params, m, v, t

    jitted = jax.jit(update, donate_argnums=0)
    state = [(params, zeros, jax.tree.map(jnp.zeros_like, params), jnp.float32(0))]

    def step():
        state[0] = jitted(state[0])
        jax.block_until_ready(state[0])

    return step


def train(hidden, rows):
    x, target = jax.random.normal(key, (rows, 34)), jax.random.normal(key, (rows, 2))
    loss = lambda p: jnp.mean((mlp(p, x, jax.nn.silu) - target) ** 2)
    return learner(weights([34, hidden, hidden, hidden, 2]), loss, 0.9, 0.999)


def forward(hidden, rows):
    params, x = weights([34, hidden, hidden, hidden, 2]), jax.random.normal(key, (rows, 34))
    f = jax.jit(lambda p, x: mlp(p, x, jax.nn.silu))
    return lambda: jax.block_until_ready(f(params, x))


def critic(hidden, rows):
    ks = jax.random.split(key, 3)
    real, fake, between = (jax.random.normal(k, (rows, 2)) for k in ks)
    leaky = lambda x: jax.nn.leaky_relu(x, 0.2)

    def loss(p):
        d = lambda x: mlp(p, x, leaky)
        slope = jax.grad(lambda x: d(x).sum())(between)
        penalty = jnp.mean((jnp.sqrt(jnp.sum(slope**2, 1) + 1e-12) - 1) ** 2)
        return d(fake).mean() - d(real).mean() + 10 * penalty

    return learner(weights([2, hidden, hidden, hidden, 1]), loss, 0.0, 0.9)


def sample(hidden, rows, steps=1000, dtype=jnp.float32):
    """DDPM with predicted velocity: the level's part of the first layer is computed once for
    all steps, and the loop is one compiled scan. dtype is that of the products and the activations."""
    params = weights([34, hidden, hidden, hidden, 2])
    w, b = params[0]
    inner = jax.tree.map(lambda p: p.astype(dtype), params[1:])
    ks = jax.random.split(jax.random.key(0, impl="rbg"), 4)
    levels = jax.random.normal(ks[0], (steps, 32)) @ w[2:] + b
    keep, move, noise = (0.01 * jax.random.uniform(k, (steps,)) for k in ks[1:])

    @jax.jit
    def run(key):
        start, key = jax.random.split(key)

        def step(state, level):
            x, key = state
            bias, keep, move, noise = level
            h = jax.nn.silu(x @ w[:2] + bias).astype(dtype)
            v = mlp(inner, h, jax.nn.silu).astype(jnp.float32)
            key, now = jax.random.split(key)
            return ((0.98 + keep) * x - move * v + noise * jax.random.normal(now, x.shape), key), None

        (x, _), _ = jax.lax.scan(step, (jax.random.normal(start, (rows, 2)), key), (levels, keep, move, noise))
        return x

    jax.block_until_ready(run(ks[0]))
    return lambda: jax.block_until_ready(run(ks[1]))


def sample_bf16(hidden, rows):
    return sample(hidden, rows, dtype=jnp.bfloat16)


def measure(step):
    start = time.perf_counter()
    step()
    if time.perf_counter() - start > 1:  # a long call is warm, and its own block
        return (time.perf_counter() - start) * 1e6
    end = time.perf_counter() + 0.3
    while time.perf_counter() < end:
        step()
    start = time.perf_counter()
    step()
    block = max(1, int(0.02 / max(1e-7, time.perf_counter() - start)))
    times, end = [], time.perf_counter() + 0.7
    while time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(block):
            step()
        times.append((time.perf_counter() - start) / block)
    return statistics.median(times) * 1e6


steps = {}
print("jax", jax.__version__, flush=True)
for line in sys.stdin:
    if line not in steps:
        kind, hidden, rows = line.split()
        if kind in models_jax.kinds:
            steps[line] = models_jax.kinds[kind](int(hidden), int(rows))
        else:
            steps[line] = {"train": train, "forward": forward, "critic": critic, "sample": sample, "sample-bf16": sample_bf16}[kind](int(hidden), int(rows))
        if not kind.startswith("sample"):  # which has warmed up
            steps[line]()  # compiles
    print(measure(steps[line]), flush=True)
