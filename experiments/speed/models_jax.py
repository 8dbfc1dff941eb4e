"""The default training steps of genlab's models in JAX, each one function under jit: the same layers, losses
and optimiser as models_torch.py."""

import math

import jax
import jax.numpy as jnp
import adam_jax as opt

key = jax.random.PRNGKey(0)


def weights(widths, salt=0):
    ks = jax.random.split(jax.random.fold_in(key, salt), len(widths))
    return [
        (jax.random.normal(ks[i], (widths[i], widths[i + 1])) / widths[i] ** 0.5, jnp.zeros(widths[i + 1]))
        for i in range(len(widths) - 1)
    ]


def mlp(params, x, activation):
    for w, b in params[:-1]:
        x = activation(x @ w + b)
    w, b = params[-1]
    return x @ w + b


def running(update, state):
    jitted = jax.jit(update, donate_argnums=0)
    held = [(state, jax.random.key(0, impl="rbg"))]

    def step():
        held[0] = jitted(held[0])
        jax.block_until_ready(held[0])

    return step


def normal(u):
    return -math.log(2 * math.pi) - 0.5 * jnp.sum(u**2, 1)


def vae(hidden, rows):
    params = (weights([2, hidden, hidden, hidden, 5]), weights([2, hidden, hidden, hidden, 4], 1), jnp.eye(2), jnp.eye(2))

    def loss(params, x, noise):
        encoder, decoder, skip1, skip2 = params
        h = mlp(encoder, x, jax.nn.silu)
        diagonal = jax.nn.softplus(h[:, 2:4]) + 1e-5
        below = jnp.stack([jnp.zeros(rows), h[:, 4] * noise[:, 0]], 1)
        z = h[:, :2] + x @ skip1 + diagonal * noise + below
        logq = normal(noise) - jnp.log(diagonal).sum(1)
        o = mlp(decoder, z, jax.nn.silu)
        sigma = jax.nn.softplus(o[:, 2:]) + 0.005
        reconstruction = normal((x - o[:, :2] - z @ skip2) / sigma) - jnp.log(sigma).sum(1)
        return -jnp.mean(reconstruction + normal(z) - logq)

    def update(held):
        state, k = held
        k, a, b = jax.random.split(k, 3)
        grads = jax.grad(loss)(state["params"], jax.random.normal(a, (rows, 2)), jax.random.normal(b, (rows, 2)))
        return opt.adam(state, grads, clip=1.0, ema=0.999), k

    return running(update, opt.init(params, ema=True))


def gan(hidden, rows):
    leaky = lambda x: jax.nn.leaky_relu(x, 0.2)
    f1, f2 = jax.random.normal(key, (2, 64)), 4 * jax.random.normal(key, (2, 32))
    real = jax.random.normal(key, (rows, 2))
    beside = lambda v, f: jnp.concatenate([v, jnp.sin(v @ f), jnp.cos(v @ f)], 1)
    generate = lambda p, z: mlp(p, beside(z, f1), leaky)
    criticise = lambda p, x: mlp(p, beside(x, f2), leaky)

    def critic_loss(p, fake, mix):
        between = mix * real + (1 - mix) * fake
        slope = jax.grad(lambda x: criticise(p, x).sum())(between)
        penalty = jnp.mean(jax.nn.relu(jnp.sqrt(jnp.sum(slope**2, 1) + 1e-12) - 1) ** 2)
        return criticise(p, fake).mean() - criticise(p, real).mean() + 0.1 * penalty

    def update(held):
        (critic, generator), k = held
        k, a, b, c = jax.random.split(k, 4)
        fake = generate(generator["params"], jax.random.normal(a, (rows, 2)))
        grads = jax.grad(critic_loss)(critic["params"], fake, jax.random.uniform(b, (rows, 1)))
        critic = opt.adam(critic, grads, b1=0.0, b2=0.99)
        z = jax.random.normal(c, (rows, 2))
        grads = jax.grad(lambda p: -criticise(critic["params"], generate(p, z)).mean())(generator["params"])
        return (critic, opt.adam(generator, grads, b1=0.0, b2=0.99, ema=0.999)), k

    critic = opt.init(weights([66] + 5 * [hidden] + [1]))
    return running(update, (critic, opt.init(weights([130] + 5 * [hidden] + [2], 1), ema=True)))


def text(hidden, rows, symbols=65, context=64, layers=4, heads=4):
    shapes = {"qkv": (hidden, 3 * hidden), "mixed": (hidden, hidden), "widen": (hidden, 4 * hidden), "narrow": (4 * hidden, hidden)}
    draw = lambda i, shape: 0.02 * jax.random.normal(jax.random.fold_in(key, i), shape)
    params = {
        "token": draw(1, (symbols, hidden)), "place": draw(2, (context, hidden)), "head": draw(3, (hidden, symbols)), "norm": jnp.ones(hidden),
        "blocks": [
            {"norm1": jnp.ones(hidden), "norm2": jnp.ones(hidden), **{n: draw(9 * i + j, s) for j, (n, s) in enumerate(shapes.items())}}
            for i in range(layers)
        ],
    }
    ids = jax.random.randint(key, (rows, context + 1), 0, symbols)
    x, y = ids[:, :-1], ids[:, 1:]
    mask = jnp.tril(jnp.ones((context, context), bool))

    def norm(v, gain):
        m = v.mean(-1, keepdims=True)
        return (v - m) * jax.lax.rsqrt(((v - m) ** 2).mean(-1, keepdims=True) + 1e-5) * gain

    def loss(p):
        z = p["token"][x] + p["place"]
        for b in p["blocks"]:
            split = lambda m: m.reshape(rows, context, heads, -1).transpose(0, 2, 1, 3)
            q, k, v = (split(m) for m in jnp.split(norm(z, b["norm1"]) @ b["qkv"], 3, -1))
            a = jnp.where(mask, q @ k.transpose(0, 1, 3, 2) / (hidden // heads) ** 0.5, -jnp.inf)
            z = z + (jax.nn.softmax(a, -1) @ v).transpose(0, 2, 1, 3).reshape(rows, context, hidden) @ b["mixed"]
            z = z + jax.nn.gelu(norm(z, b["norm2"]) @ b["widen"]) @ b["narrow"]
        logp = jax.nn.log_softmax(norm(z, p["norm"]) @ p["head"])
        return -jnp.take_along_axis(logp, y[..., None], -1).mean()

    def update(held):
        state, k = held
        return opt.adam(state, jax.grad(loss)(state["params"]), b2=0.99, clip=1.0, decay=0.1), k

    return running(update, opt.init(params))


def spline(h, x, bins=24, bound=5.0):
    """Monotone rational-quadratic spline of x, with its log-derivative, from 3 bins - 1 parameters."""
    ends = lambda raw: jnp.pad(2 * bound * jnp.cumsum(1e-3 + (1 - 1e-3 * bins) * jax.nn.softmax(raw), -1) - bound, ((0, 0), (1, 0)), constant_values=-bound)
    xs, ys = ends(h[:, :bins]), ends(h[:, bins : 2 * bins])
    slopes = jnp.pad(1e-3 + jax.nn.softplus(h[:, 2 * bins :]), ((0, 0), (1, 1)), constant_values=1.0)
    inside = jnp.abs(x) < bound
    u = jnp.clip(x, -bound, bound)
    at = jnp.clip(jnp.sum(u[:, None] >= xs, -1) - 1, 0, bins - 1)[:, None]
    take = lambda v, k: jnp.take_along_axis(v, at + k, -1)[:, 0]
    x0, x1, y0, y1, d0, d1 = take(xs, 0), take(xs, 1), take(ys, 0), take(ys, 1), take(slopes, 0), take(slopes, 1)
    s, t = (y1 - y0) / (x1 - x0), (u - x0) / (x1 - x0)
    below = s + (d0 + d1 - 2 * s) * t * (1 - t)
    y = y0 + (y1 - y0) * (s * t * t + d0 * t * (1 - t)) / below
    slope = s * s * (d1 * t * t + 2 * s * t * (1 - t) + d0 * (1 - t) ** 2) / below**2
    return jnp.where(inside, y, x), jnp.where(inside, jnp.log(slope), 0.0)


def spline_flow(hidden, bins=24):
    """Six autoregressive layers in two dimensions: the first coordinate's spline is free, that of the second
    depends on the first."""
    out = 3 * bins - 1
    params = [(0.01 * jax.random.normal(key, (1, out)), weights([1, hidden, hidden, out], i)) for i in range(6)]

    def logp(params, x):
        total = 0.0
        for i, (free, net) in enumerate(params):
            a, b = (x[:, 0], x[:, 1]) if i % 2 == 0 else (x[:, 1], x[:, 0])
            h = mlp(net, a[:, None], jax.nn.silu)
            a, la = spline(jnp.broadcast_to(free, (x.shape[0], out)), a)
            b, lb = spline(h, b)
            total = total + la + lb
            x = jnp.stack([a, b] if i % 2 == 0 else [b, a], 1)
        return total + normal(x)

    return params, logp


def flow(hidden, rows):
    params, logp = spline_flow(hidden)
    x = jax.random.normal(key, (rows, 2))

    def update(held):
        state, k = held
        return opt.adam(state, jax.grad(lambda p: -logp(p, x).mean())(state["params"]), clip=5.0, ema=0.999), k

    return running(update, opt.init(params, ema=True))


def score(hidden, rows, chunk=8000):
    params, logp = spline_flow(hidden)
    x = jax.random.normal(key, (rows // chunk, chunk, 2))
    f = jax.jit(lambda x: jax.lax.map(lambda part: logp(params, part), x))
    jax.block_until_ready(f(x))
    return lambda: jax.block_until_ready(f(x))


kinds = {"vae": vae, "gan": gan, "flow": flow, "score": score, "text": text}
