"""The networks of a run as torch modules in float32. Run.torch() makes one of them:

    flow             Flow: forward(x, labels=None) gives z and log |det dz/dx| of standardised points
    diffusion        Denoiser: forward(x, u, labels=None) gives the prediction at noise levels u = log(sigma / alpha)
    vae              VAE: encoder(x) gives m and L, decoder(z) gives mean and standard deviation, all standardised; draw(x, noise) gives z and log q(z|x)
    flow-prior       the same, with prior, a Flow (of a later-diffusion prior a Denoiser)
    gan              GAN: generator(z) gives standardised points, critic(x) the critic's values at such points
    autoregressive   Transformer: forward(tokens) gives the logits of the next symbol at every position
    masked-diffusion Transformer, not causal: forward(tokens) gives the logits of the symbol at every position of windows
    latent-diffusion LatentDiffusion: autoencoder, a VAE, and latents, a Denoiser
    consistency      Denoiser, the student's; also for adversarial-diffusion
    vq-prior         VQPrior: encoder(x) gives the encodings, decoder(entries) mean and standard deviation, prior the Transformer of the codes
    flow-matching    Velocity: forward(x, t) gives the velocity of standardised points; also for rectified-flow
    flow-map         Velocity: forward(x, t, r) gives the average velocity from t to r

Each has the buffers shift and scale of the standardisation x = shift + scale * z where there is one. Weights are
parameters, so a module can be trained further.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .checkpoint import NoDensityError
from .diffusion import Diffusion
from .flow import Flow as ArrayFlow
from .flow_module import Flow, spline
from .gan import GAN as ArrayGAN
from .latent import LatentDiffusion as ArrayLatent
from .layers import Fourier, Standardised, linear, mlp, tensor
from .matching import Network as ArrayVelocity
from .sequence_modules import Transformer
from .transformer import Blocks
from .vae import VAE as ArrayVAE
from .vq import VQPrior as ArrayVQPrior


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
        self.features, self.discriminator, self.pack = Fourier(of.frequencies[1]), mlp(of.discriminator), of.pack

    def critic(self, x):
        """The critic's values (n x 1); of a critic of several points, at each repeated."""
        return self.discriminator(self.features(x).repeat(1, self.pack))

    def forward(self, z):
        return self.generator(z)


class VAE(Standardised):
    def __init__(self, of):
        super().__init__(of.scale)
        self.latent, self.dim, self.full = of.latent, of.dim, of.config["posterior"] == "full"
        self.floor, self.least = of.config["floor"], of.min_scale
        self.nets = nn.ModuleList([mlp(of.encoder), mlp(of.decoder)])
        self.skips = nn.ModuleList([linear(s) for s in of.skips if np.ndim(s)])
        self.prior = module(of.prior) if of.prior else None
        self.conditioners, self.spline = nn.ModuleList([mlp(net) for net in of.conditioners]), of.spline

    def _apply_net(self, which, x, mean):
        h = self.nets[which](x)
        first = h[:, :mean]
        if len(self.skips):
            first = first + self.skips[which](x)
        return first, h[:, mean:]

    def encoder(self, x):
        """m and L of q(z|x)."""
        if self.conditioners:
            raise NoDensityError("q(z|x) is a flow, which is not Gaussian: use draw(x, noise)")
        m, rest = self._apply_net(0, x, self.latent)
        factor = torch.diag_embed(self.least + F.softplus(rest[:, :self.latent]))
        if self.full:
            i, j = torch.tril_indices(self.latent, self.latent, -1)
            factor[:, i, j] = rest[:, self.latent:]
        return m, factor

    def draw(self, x, noise):
        """A sample of z for each point (n x latent) and its log density (n), for standard normal noise (n x latent)."""
        log_q = -(noise ** 2 + np.log(2 * np.pi)).sum(dim=1) / 2
        if not self.conditioners:
            m, factor = self.encoder(x)
            return m + (factor @ noise[:, :, None])[:, :, 0], log_q - factor.diagonal(dim1=1, dim2=2).log().sum(dim=1)
        m, rest = self._apply_net(0, x, self.latent)
        sigma, inputs, columns = self.least + F.softplus(rest[:, :self.latent]), rest[:, self.latent:], []
        log_q = log_q - sigma.log().sum(dim=1)
        for i, net in enumerate(self.conditioners):
            theta = net(inputs)
            v, log_slope = spline(theta[:, 1:], noise[:, i], *self.spline)
            columns.append(v + theta[:, 0])
            log_q, inputs = log_q - log_slope, torch.cat([inputs, v[:, None]], dim=1)
        return m + sigma * torch.stack(columns, dim=1), log_q

    def decoder(self, z):
        mean, raw = self._apply_net(1, z, self.dim)
        return mean, self.floor + F.softplus(raw)

    def forward(self, x, noise):
        """The mean and the standard deviation of p(x|z) at a sample of z for each point."""
        return self.decoder(self.draw(x, noise)[0])


class VQPrior(Standardised):
    def __init__(self, of):
        super().__init__(of.scale)
        self.dim, self.floor = of.dim, of.config["floor"]
        self.encoder, self.net, self.prior = mlp(of.encoder), mlp(of.decoder), Transformer(of.prior)
        self.register_buffer("books", tensor(of.books))

    def decoder(self, entries):
        """The mean and the standard deviation of p(x|c), standardised, for the entries of c side by side."""
        h = self.net(entries)
        return h[:, :self.dim], self.floor + F.softplus(h[:, self.dim:])

    def forward(self, codes):
        """decoder of codes, n x length."""
        return self.decoder(torch.cat([book[c] for book, c in zip(self.books, codes.T)], dim=1))


class LatentDiffusion(nn.Module):
    def __init__(self, of):
        super().__init__()
        self.autoencoder, self.latents = VAE(of.autoencoder), Denoiser(of.latents)

    def forward(self, z):
        """The mean of p(x|z) of latent points in the autoencoder's coordinates, standardised."""
        return self.autoencoder.decoder(z)[0]


def module(model):
    for kind, make in ((ArrayFlow, Flow), (Diffusion, Denoiser), (ArrayVelocity, Velocity), (ArrayVAE, VAE), (ArrayGAN, GAN), (ArrayLatent, LatentDiffusion), (ArrayVQPrior, VQPrior), (Blocks, Transformer)):
        if isinstance(model, kind):
            return make(model)
    raise NoDensityError("a kernel density estimate has no network: run.model has its centres and bandwidth")
