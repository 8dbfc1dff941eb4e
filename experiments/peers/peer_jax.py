"""Normalizing flow of flowjax."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax
from flowjax.bijections import RationalQuadraticSpline
from flowjax.distributions import Normal
from flowjax.flows import masked_autoregressive_flow
from flowjax.train import fit_to_data

from peer import BATCH, CLIP, STEPS, WARMUP, Standard


def flowjax(train, budget, seed, scale):
    build, learn, draw = jr.split(jr.key(seed), 3)
    standard = Standard(train)
    x = jnp.asarray(standard(train), dtype=jnp.float32)
    if budget == "default":
        what = "masked_autoregressive_flow with RationalQuadraticSpline(knots=8, interval=4) of its README, fit_to_data at lr 1e-3: batch 100, at most 100 epochs, patience 5"
        size = {"transformer": RationalQuadraticSpline(knots=8, interval=4)}
        fitting = {"learning_rate": 1e-3, "max_epochs": max(1, int(100 * scale))}
    else:
        what = "masked_autoregressive_flow, 24 knots, 6 layers, networks of 2 layers of 48, the size of genlab's flow; the epoch of the best validation loss instead of averaged weights"
        size = {"transformer": RationalQuadraticSpline(knots=24, interval=4), "flow_layers": 6, "nn_width": 48, "nn_depth": 2}
        steps = max(1, int(STEPS * scale))
        schedule = optax.warmup_cosine_decay_schedule(0, 3e-3, min(WARMUP, steps), max(steps, WARMUP + 1))
        epochs = max(1, round(steps / (len(train) * 9 // 10 // BATCH)))
        fitting = {"optimizer": optax.chain(optax.clip_by_global_norm(CLIP), optax.adam(schedule)),
                   "batch_size": BATCH, "max_epochs": epochs, "max_patience": epochs}
    flow = masked_autoregressive_flow(build, base_dist=Normal(jnp.zeros(2)), **size)

    def fit():
        fitted, _ = fit_to_data(learn, flow, x, show_progress=False, **fitting)
        return jax.block_until_ready(fitted)

    density = eqx.filter_jit(lambda m, y: m.log_prob(y))

    def log_prob(m, y):
        z = jnp.asarray(standard(y), dtype=jnp.float32)
        return np.concatenate([np.asarray(density(m, part)) for part in jnp.array_split(z, 4)]) - standard.log_volume

    return what, fit, lambda m, n: standard.back(np.asarray(eqx.filter_jit(lambda f: f.sample(draw, (n,)))(m))), log_prob
