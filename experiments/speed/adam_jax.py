"""Adam in JAX with decoupled weight decay of matrices, clipping of the gradient and a moving average."""

import jax
import jax.numpy as jnp


def init(params, ema=False):
    zeros = lambda: jax.tree.map(jnp.zeros_like, params)
    state = {"params": params, "m": zeros(), "v": zeros(), "t": jnp.float32(0)}
    return {**state, "ema": jax.tree.map(jnp.copy, params)} if ema else state


def adam(state, grads, b1=0.9, b2=0.999, lr=1e-3, clip=0.0, ema=0.0, decay=0.0):
    if clip:
        norm = jnp.sqrt(sum(jnp.sum(g * g) for g in jax.tree.leaves(grads)))
        grads = jax.tree.map(lambda g: g * jnp.minimum(1.0, clip / norm), grads)
    t = state["t"] + 1
    m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, state["m"], grads)
    v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, state["v"], grads)
    c1, c2 = 1 - b1**t, jnp.sqrt(1 - b2**t)
    keep = lambda p: p * (1 - lr * decay) if p.ndim > 1 else p
    params = jax.tree.map(lambda p, m, v: keep(p) - lr / c1 * m / (jnp.sqrt(v) / c2 + 1e-8), state["params"], m, v)
    new = {"params": params, "m": m, "v": v, "t": t}
    if ema:
        new["ema"] = jax.tree.map(lambda a, p: ema * a + (1 - ema) * p, state["ema"], params)
    return new
