"""The networks of a run as torch modules in float32. Run.torch() makes one of them:

    flow             Flow: forward(x, labels=None) gives z and log |det dz/dx| of standardised points
    diffusion        Denoiser: forward(x, u, labels=None) gives the prediction at noise levels u = log(sigma / alpha)
    vae              VAE: encoder(x) gives m and L, decoder(z) gives mean and standard deviation, all standardised
    gan              GAN: generator(z) gives standardised points, critic(x) the critic's values at such points
    autoregressive   Transformer: forward(tokens) gives the logits of the next symbol at every position
    latent-diffusion LatentDiffusion: autoencoder, a VAE, and latents, a Denoiser
    consistency      Denoiser, the student's; also for adversarial-diffusion
    flow-matching    Velocity: forward(x, t) gives the velocity of standardised points; also for rectified-flow
    flow-map         Velocity: forward(x, t, r) gives the average velocity from t to r

Each has the buffers shift and scale of the standardisation x = shift + scale * z where there is one. Weights are
parameters, so a module can be trained further.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .autoregressive import Transformer as ArrayTransformer
from .checkpoint import NoDensityError
from .diffusion import Diffusion
from .flow import Flow as ArrayFlow
from .flow import Linear as ArrayLinear
from .gan import GAN as ArrayGAN
from .latent import LatentDiffusion as ArrayLatent
from .matching import Network as ArrayVelocity
from .vae import VAE as ArrayVAE


def tensor(a):
    return torch.tensor(np.array(a), dtype=torch.float32)


ACTIVATIONS = {
    "identity": nn.Identity, "silu": nn.SiLU, "relu": nn.ReLU, "tanh": nn.Tanh, "softplus": nn.Softplus,
    "sigmoid": nn.Sigmoid, "leaky-relu": lambda: nn.LeakyReLU(0.2), "gelu": lambda: nn.GELU(approximate="tanh"),
}


def linear(w, b=None):
    """A layer with the weights W, [in, out] in a checkpoint and [out, in] in PyTorch."""
    layer = nn.Linear(*np.shape(w), bias=b is not None)
    with torch.no_grad():
        layer.weight.copy_(tensor(w).T)
        if b is not None:
            layer.bias.copy_(tensor(np.ravel(b)))
    return layer


def mlp(of):
    layers = []
    for w, b in of.layers:
        layers += [linear(w, b), ACTIVATIONS[of.activation]()]
    return nn.Sequential(*layers[:-1])


class Fourier(nn.Module):
    def __init__(self, frequencies):
        super().__init__()
        self.register_buffer("frequencies", None if frequencies is None else tensor(frequencies))

    def forward(self, x):
        if self.frequencies is None:
            return x
        angles = x @ self.frequencies
        return torch.cat([x, angles.sin(), angles.cos()], dim=1)


class Standardised(nn.Module):
    def __init__(self, scale):
        super().__init__()
        self.register_buffer("shift", tensor(scale.shift))
        self.register_buffer("scale", tensor(scale.scale))


class Denoiser(Standardised):
    def __init__(self, of):
        super().__init__(of.scale)
        self.net, self.fourier, self.classes = mlp(of.net), Fourier(of.b), of.classes
        self.register_buffer("levels", tensor(of.f))

    def forward(self, x, u, labels=None):
        """The prediction (n x d) for points x (n x d) at levels u (n or n x 1), given labels (n, negative for none)."""
        angles = u.reshape(-1, 1).expand(len(x), 1) * self.levels
        parts = [self.fourier(x), angles.sin(), angles.cos()]
        if self.classes:
            rows = torch.zeros(len(x), self.classes, device=x.device)
            if labels is not None:
                known = labels >= 0
                rows[known] = F.one_hot(labels[known], self.classes).float()
            parts.append(rows)
        return self.net(torch.cat(parts, dim=1))


class Velocity(Standardised):
    def __init__(self, of):
        super().__init__(of.scale)
        self.net, self.fourier, self.floor = mlp(of.net), Fourier(of.b), of.floor
        self.register_buffer("levels", tensor(of.f))

    def forward(self, x, *times):
        """The velocity (n x d) of points x (n x d) at times (n or n x 1 each)."""
        parts = [self.fourier(x)]
        for t in times:
            level = torch.log((t + self.floor) / (1 - t + self.floor)).reshape(-1, 1).expand(len(x), 1)
            parts += [(level * self.levels).sin(), (level * self.levels).cos()]
        return self.net(torch.cat(parts, dim=1))


class GAN(Standardised):
    def __init__(self, of):
        super().__init__(of.scale)
        self.generator = nn.Sequential(Fourier(of.frequencies[0]), *mlp(of.generator))
        self.critic = nn.Sequential(Fourier(of.frequencies[1]), *mlp(of.discriminator))

    def forward(self, z):
        return self.generator(z)


class VAE(Standardised):
    def __init__(self, of):
        super().__init__(of.scale)
        self.latent, self.dim, self.full = of.latent, of.dim, of.config["posterior"] == "full"
        self.floor, self.least = of.config["floor"], of.min_scale
        self.nets = nn.ModuleList([mlp(of.encoder), mlp(of.decoder)])
        self.skips = nn.ModuleList([linear(s) for s in of.skips if np.ndim(s)])

    def _apply_net(self, which, x, mean):
        h = self.nets[which](x)
        first = h[:, :mean]
        if len(self.skips):
            first = first + self.skips[which](x)
        return first, h[:, mean:]

    def encoder(self, x):
        m, rest = self._apply_net(0, x, self.latent)
        factor = torch.diag_embed(self.least + F.softplus(rest[:, :self.latent]))
        if self.full:
            i, j = torch.tril_indices(self.latent, self.latent, -1)
            factor[:, i, j] = rest[:, self.latent:]
        return m, factor

    def decoder(self, z):
        mean, raw = self._apply_net(1, z, self.dim)
        return mean, self.floor + F.softplus(raw)

    def forward(self, x, noise):
        m, factor = self.encoder(x)
        return self.decoder(m + (factor @ noise[:, :, None])[:, :, 0])


class LatentDiffusion(nn.Module):
    def __init__(self, of):
        super().__init__()
        self.autoencoder, self.latents = VAE(of.autoencoder), Denoiser(of.latents)

    def forward(self, z):
        """The mean of p(x|z) of latent points in the autoencoder's coordinates, standardised."""
        return self.autoencoder.decoder(z)[0]


class Transformer(nn.Module):
    def __init__(self, of):
        super().__init__()
        w, d = of.w, of.w["token"].shape[1]
        self.heads, self.symbols = of.heads, of.symbols
        self.token, self.position = (nn.Embedding.from_pretrained(tensor(w[k]), freeze=False) for k in ("token", "position"))

        def norm(name):
            layer = nn.LayerNorm(d, eps=of.eps)
            with torch.no_grad():
                layer.weight.copy_(1 + tensor(w[name + ".gain"][0]))  # stored less one
                layer.bias.copy_(tensor(w[name + ".bias"][0]))
            return layer

        def dense(name):
            return linear(w[name + ".weight"], w[name + ".bias"])

        self.blocks = nn.ModuleList()
        for i in range(1, of.blocks + 1):
            b = f"block{i}."
            self.blocks.append(nn.ModuleDict({
                "norm1": norm(b + "norm1"), "attention": dense(b + "attention"), "projection": dense(b + "projection"),
                "norm2": norm(b + "norm2"), "widen": dense(b + "widen"), "narrow": dense(b + "narrow")}))
        self.act = ACTIVATIONS[of.config["activation"] or "gelu"]()
        self.norm = norm("norm")
        self.head = linear(of.head.T)

    def forward(self, tokens):
        """The logits (n x length x symbols) of the next symbol after tokens (n x length), the start token first."""
        n, length = tokens.shape
        x = self.token(tokens) + self.position.weight[:length]
        for b in self.blocks:
            q, k, v = (p.reshape(n, length, self.heads, -1).transpose(1, 2) for p in b["attention"](b["norm1"](x)).chunk(3, dim=2))
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + b["projection"](mixed.transpose(1, 2).reshape(n, length, -1))
            x = x + b["narrow"](self.act(b["widen"](b["norm2"](x))))
        return self.head(self.norm(x))


class Flow(Standardised):
    def __init__(self, of):
        super().__init__(of.scale)
        self.config, self.constants, self.classes = of.config, of.constants, of.classes
        self.layers = nn.ModuleList([Mixing(layer) if isinstance(layer, ArrayLinear) else Layer(layer) for layer in of.layers])
        self.log_prior = None if of.log_prior is None else nn.Parameter(tensor(of.log_prior))

    def forward(self, x, labels=None):
        log_det = torch.zeros(len(x), device=x.device)
        for layer in self.layers:
            x, log_det = layer(x, log_det, labels)
        return x, log_det

    def log_prob(self, x, labels=None):
        """log q of points in the data's coordinates, given labels of a conditional flow."""
        z, log_det = self((x - self.shift) / self.scale, labels)
        return log_det - (z ** 2 + np.log(2 * np.pi)).sum(dim=1) / 2 - self.scale.log().sum()


class Mixing(nn.Module):
    def __init__(self, of):
        super().__init__()
        self.matrix, self.shift = nn.Parameter(tensor(of.matrix)), nn.Parameter(tensor(of.shift))

    def forward(self, x, log_det, labels):
        return x @ self.matrix + self.shift, log_det + self.matrix.slogdet()[1]


class Layer(nn.Module):
    """A triangular layer; see docs/checkpoint.md."""

    def __init__(self, of):
        super().__init__()
        self.config, self.constants, self.classes, self.params = of.flow.config, of.flow.constants, of.flow.classes, of.flow.params
        self.spans = [(s[0], s[1]) for s in of.stages]
        self.nets = nn.ModuleList([mlp(s[2]) if s[2] is not None else nn.Identity() for s in of.stages])
        self.thetas = nn.ParameterList([nn.Parameter(tensor(s[3]) if s[3] is not None else torch.zeros(0)) for s in of.stages])

    def forward(self, x, log_det, labels):
        columns = list(x.unbind(dim=1))
        for (of, to), net, theta in zip(self.spans, self.nets, self.thetas):
            if theta.numel():
                theta = theta.expand(len(x), -1)
            else:
                inputs = [x[:, of[0]:of[1]].clamp(-self.constants["input_clip"], self.constants["input_clip"])]
                if self.classes:
                    inputs.append(F.one_hot(labels, self.classes).float())
                theta = net(torch.cat(inputs, dim=1))
            theta = theta.reshape(len(x), to[1] - to[0], self.params)
            for k, j in enumerate(range(*to)):
                columns[j], log_slope = self.map(theta[:, k], x[:, j])
                log_det = log_det + log_slope
        return torch.stack(columns, dim=1), log_det

    def map(self, theta, x):
        c, k = self.config, self.constants
        if c["transform"] == "affine":
            s = k["max_log_slope"] * torch.tanh(theta[:, 0] / k["max_log_slope"])
            return s.exp() * x + theta[:, 1], s
        bins, bound = c["bins"], c["bound"]
        widths = k["min_width"] + (1 - bins * k["min_width"]) * theta[:, :bins].softmax(dim=1)
        heights = k["min_height"] + (1 - bins * k["min_height"]) * theta[:, bins:2 * bins].softmax(dim=1)
        least = k["min_slope"]
        inner = least + F.softplus(theta[:, 2 * bins:] + float(np.log(np.expm1(1 - least))))
        slopes = F.pad(inner, (1, 1), value=1.0)
        inside = (x > -bound) & (x < bound)
        at = torch.where(inside, (x + bound) / (2 * bound), torch.full_like(x, 0.5))
        ends = widths.cumsum(dim=1)
        i = (ends <= at[:, None]).sum(dim=1, keepdim=True).clamp(max=bins - 1)
        w, h, d0, d1 = (a.gather(1, j)[:, 0] for a, j in ((widths, i), (heights, i), (slopes, i), (slopes, i + 1)))
        x0, y0 = ends.gather(1, i)[:, 0] - w, heights.cumsum(dim=1).gather(1, i)[:, 0] - h
        s, xi = h / w, ((at - x0) / w).clamp(max=1)
        q = xi * (1 - xi)
        den = s + (d0 + d1 - 2 * s) * q
        image = 2 * bound * (y0 + h * (s * xi ** 2 + d0 * q) / den) - bound
        slope = (s / den) ** 2 * (d1 * xi ** 2 + 2 * s * q + d0 * (1 - xi) ** 2)
        return torch.where(inside, image, x), torch.where(inside, slope, torch.ones_like(slope)).log()


def module(model):
    for kind, make in ((ArrayFlow, Flow), (Diffusion, Denoiser), (ArrayVelocity, Velocity), (ArrayVAE, VAE), (ArrayGAN, GAN), (ArrayLatent, LatentDiffusion), (ArrayTransformer, Transformer)):
        if isinstance(model, kind):
            return make(model)
    raise NoDensityError("a kernel density estimate has no network: run.model has its centres and bandwidth")
