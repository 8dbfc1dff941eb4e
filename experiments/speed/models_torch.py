"""The default training steps of genlab's models in PyTorch, and a flow of zuko: the same layers, losses and
optimiser, with clipping, moving average and random numbers in the step."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F


class Learner:
    """Adam with clipping of the gradient and a moving average of the weights."""

    def __init__(self, parameters, fused, clip=0.0, ema=0.0, lr=1e-3, **kw):
        self.parameters = list(parameters)
        self.opt = torch.optim.AdamW(self.parameters, lr=lr, fused=fused, **{"weight_decay": 0.0, **kw})
        self.clip, self.ema = clip, ema
        self.average = [p.detach().clone() for p in self.parameters] if ema else []

    def step(self, loss):
        self.opt.zero_grad(set_to_none=True)
        grads = torch.autograd.grad(loss, self.parameters)
        for p, g in zip(self.parameters, grads):
            p.grad = g
        if self.clip:
            nn.utils.clip_grad_norm_(self.parameters, self.clip)
        self.opt.step()
        if self.ema:
            torch._foreach_lerp_(self.average, [p.detach() for p in self.parameters], 1 - self.ema)


def mlp(widths, activation):
    layers = []
    for i in range(len(widths) - 1):
        layers.append(nn.Linear(widths[i], widths[i + 1]))
        if i < len(widths) - 2:
            layers.append(activation())
    return nn.Sequential(*layers)


def vae(hidden, rows, compiled, fused):
    """ELBO with a full covariance of q(z|x), and linear skip connections to the means."""
    encoder, decoder = mlp([2, hidden, hidden, hidden, 5], nn.SiLU), mlp([2, hidden, hidden, hidden, 4], nn.SiLU)
    skips = nn.ParameterList([nn.Parameter(torch.eye(2)), nn.Parameter(torch.eye(2))])
    learner = Learner([*encoder.parameters(), *decoder.parameters(), *skips], fused, clip=1, ema=0.999)

    def normal(u):
        return -math.log(2 * math.pi) - 0.5 * u.square().sum(1)

    def loss(x, noise):
        h = encoder(x)
        diagonal = F.softplus(h[:, 2:4]) + 1e-5
        below = torch.stack([torch.zeros(rows), h[:, 4] * noise[:, 0]], 1)
        z = h[:, :2] + x @ skips[0] + diagonal * noise + below
        logq = normal(noise) - diagonal.log().sum(1)
        o = decoder(z)
        sigma = F.softplus(o[:, 2:]) + 0.005
        reconstruction = normal((x - o[:, :2] - z @ skips[1]) / sigma) - sigma.log().sum(1)
        return -(reconstruction + normal(z) - logq).mean()

    f = compiled(loss)
    return lambda: learner.step(f(torch.randn(rows, 2), torch.randn(rows, 2)))


class Fourier(nn.Module):
    def __init__(self, d, k, scale):
        super().__init__()
        self.register_buffer("b", scale * torch.randn(d, k))

    def forward(self, v):
        a = v @ self.b
        return torch.cat([v, a.sin(), a.cos()], 1)


def gan(hidden, rows, compiled, fused):
    """A step of the critic of WGAN-LP and one of the generator. torch.compile cannot differentiate twice: only
    the generator's part is compiled."""
    leaky = lambda: nn.LeakyReLU(0.2)
    generator = nn.Sequential(Fourier(2, 64, 1), mlp([130] + 5 * [hidden] + [2], leaky))
    critic = nn.Sequential(Fourier(2, 32, 4), mlp([66] + 5 * [hidden] + [1], leaky))
    of_critic = Learner(critic.parameters(), fused, betas=(0.0, 0.99))
    of_generator = Learner(generator.parameters(), fused, ema=0.999, betas=(0.0, 0.99))
    real = torch.randn(rows, 2)
    generate = compiled(lambda z: generator(z))
    deceive = compiled(lambda z: -critic(generator(z)).mean())

    def step():
        with torch.no_grad():
            fake = generate(torch.randn(rows, 2))
        mix = torch.rand(rows, 1)
        between = (mix * real + (1 - mix) * fake).requires_grad_(True)
        (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        penalty = F.relu((slope.square().sum(1) + 1e-12).sqrt() - 1).square().mean()
        of_critic.step(critic(fake).mean() - critic(real).mean() + 0.1 * penalty)
        of_generator.step(deceive(torch.randn(rows, 2)))

    return step


def spline_flow(hidden, bins=24):
    import zuko

    return zuko.flows.NSF(2, transforms=6, bins=bins, hidden_features=(hidden, hidden), activation=nn.SiLU)


def flow(hidden, rows, compiled, fused):
    net = spline_flow(hidden)
    learner = Learner(net.parameters(), fused, clip=5, ema=0.999)
    x = torch.randn(rows, 2)
    loss = compiled(lambda x: -net().log_prob(x).mean())
    return lambda: learner.step(loss(x))


def chunks(rows, chunk=8192):
    return [min(chunk, rows - lo) for lo in range(0, rows, chunk)]


def score(hidden, rows, compiled, fused):
    net, x = spline_flow(hidden), torch.randn(rows, 2)
    f = compiled(lambda x: net().log_prob(x))

    def run():
        with torch.no_grad():
            return torch.cat([f(part) for part in x.split(chunks(rows))])

    return run


def draw(hidden, rows, compiled, fused):
    net = spline_flow(hidden)

    def run():
        with torch.no_grad():
            return torch.cat([net().sample((n,)) for n in chunks(rows)])

    return run


class Block(nn.Module):
    """A transformer block of nanoGPT without biases."""

    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(d, bias=False), nn.LayerNorm(d, bias=False)
        self.qkv, self.mixed = nn.Linear(d, 3 * d, bias=False), nn.Linear(d, d, bias=False)
        self.widen, self.narrow = nn.Linear(d, 4 * d, bias=False), nn.Linear(4 * d, d, bias=False)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (m.view(b, t, self.heads, -1).transpose(1, 2) for m in self.qkv(self.norm1(x)).split(d, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.mixed(y.transpose(1, 2).reshape(b, t, d))
        return x + self.narrow(F.gelu(self.widen(self.norm2(x)), approximate="tanh"))


def text(hidden, rows, compiled, fused, symbols=65, context=64, layers=4, heads=4, precision=torch.float32):
    """nanoGPT's recipe for characters on a CPU: rows sequences of 64 characters."""
    net = nn.ModuleDict({
        "token": nn.Embedding(symbols, hidden), "place": nn.Embedding(context, hidden),
        "blocks": nn.ModuleList(Block(hidden, heads) for _ in range(layers)),
        "norm": nn.LayerNorm(hidden, bias=False), "head": nn.Linear(hidden, symbols, bias=False),
    })
    groups = [
        {"params": [w for w in net.parameters() if w.dim() > 1], "weight_decay": 0.1},
        {"params": [w for w in net.parameters() if w.dim() == 1], "weight_decay": 0.0},
    ]
    opt = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99), fused=fused)
    ids = torch.randint(symbols, (rows, context + 1))
    x, y = ids[:, :-1].contiguous(), ids[:, 1:].reshape(-1)

    def loss(x, y):
        z = net["token"](x) + net["place"].weight
        for block in net["blocks"]:
            z = block(z)
        return F.cross_entropy(net["head"](net["norm"](z)).view(-1, symbols), y)

    f = compiled(loss)

    def step():
        opt.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=precision, enabled=precision != torch.float32):
            value = f(x, y)
        value.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()

    return step


def text_bf16(hidden, rows, compiled, fused):
    return text(hidden, rows, compiled, fused, precision=torch.bfloat16)


kinds = {"vae": vae, "gan": gan, "flow": flow, "score": score, "draw": draw, "text": text, "text-bf16": text_bf16}
