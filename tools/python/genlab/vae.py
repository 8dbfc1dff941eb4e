"""Variational autoencoders: samples, lower bounds, and log p by quadrature over the latent plane."""

import numpy as np

from .checkpoint import NoDensityError, Standardisation
from .network import MLP, float32, softplus

LOG_TWO_PI = np.log(2 * np.pi)


class VAE:
    def __init__(self, checkpoint, tensors, config=None):
        c = self.config = config or checkpoint.config
        self.min_scale = checkpoint.constants["min_scale"]
        self.scale, self.latent, self.classes = Standardisation(tensors), c["latent"], 0
        self.dim = self.scale.dim
        weights = {name[4:]: t for name, t in tensors.items() if name.startswith("ema/")}
        self.encoder, self.decoder = (MLP(weights, k, c["activation"] or "silu", checkpoint.constants["leaky_slope"]) for k in ("encoder", "decoder"))
        self.skips = [weights[k + ".skip"].astype(float) if k + ".skip" in weights else 0 for k in ("encoder", "decoder")]

    def skip(self, which, x):
        return x @ self.skips[which] if np.ndim(self.skips[which]) else 0

    def encode(self, x):
        """The mean m and the factor L of q(z|x) = N(m, L L^T), for points in the data's coordinates."""
        x, k = float32(self.scale.from_data(x)), self.latent
        h = self.encoder(x)
        factor = np.zeros((len(x), k, k))
        i, j = np.tril_indices(k, -1)
        if self.config["posterior"] == "full":
            factor[:, i, j] = h[:, 2 * k:]
        factor[:, range(k), range(k)] = self.min_scale + softplus(h[:, k:2 * k])
        return h[:, :k] + self.skip(0, x), factor

    def likelihood(self, z):
        """The mean and the standard deviation of p(x|z), standardised."""
        h = self.decoder(z)
        return h[:, :self.dim] + self.skip(1, z), self.config["floor"] + softplus(h[:, self.dim:])

    def decode(self, z, noise=None):
        """Samples from p(x|z) for standard normal noise, or its means without noise."""
        mean, sigma = self.likelihood(float32(z))
        return self.scale.to_data(mean if noise is None else mean + sigma * noise)

    def sample(self, n, stream):
        z = stream.normal(n, self.latent)
        return self.decode(z, stream.normal(n, self.dim))

    def log_bound(self, x, stream, samples=1):
        """The importance-weighted bound with so many samples of z for each point; one is the ELBO."""
        m, factor = self.encode(x)
        n, k = m.shape
        noise = float32(stream.normal(n, samples, k))
        z = m[:, None] + np.einsum("nij,nsj->nsi", factor, noise)
        log_q = -(noise ** 2 + LOG_TWO_PI).sum(2) / 2 - np.log(np.einsum("nii->ni", factor)).sum(1)[:, None]
        with np.errstate(over="ignore", invalid="ignore"):
            mean, sigma = self.likelihood(z.reshape(-1, k))
            u = (np.repeat(float32(self.scale.from_data(x)), samples, axis=0) - mean) / sigma
            log_px = (-(u ** 2 + LOG_TWO_PI).sum(1) / 2 - np.log(sigma).sum(1)).reshape(n, samples)
            log_w = log_px - (z ** 2 + LOG_TWO_PI).sum(2) / 2 - log_q
        log_w[~np.isfinite(log_w)] = -np.inf
        return np.logaddexp.reduce(log_w, axis=1) - np.log(samples) - self.scale.log_scale()

    def log_prob(self, x, labels=None):
        raise NoDensityError("a VAE has lower bounds on its density, not the density: use run.log_bound(x), or run.log_marginal(x) for two latent dimensions")

    def log_marginal(self, x, cells=260, half=6.5):
        """log of the integral of p(z) p(x|z) over a square of the latent plane, by Gauss-Legendre rules of 4 x 4 nodes on
        cells x cells equal cells: accurate where the decoder changes little across a cell."""
        if self.latent != 2:
            raise NoDensityError(f"a quadrature needs 2 latent dimensions, the model has {self.latent}: use run.log_bound(x)")
        nodes, weights = np.polynomial.legendre.leggauss(4)
        width = half / cells
        axis = ((2 * np.arange(cells)[:, None] + 1) * width - half + width * nodes).ravel()
        weight = np.tile(weights * width, cells)
        z = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=2).reshape(-1, 2)
        log_w = np.log(np.outer(weight, weight).ravel()) - (z ** 2 + LOG_TWO_PI).sum(1) / 2
        keep = log_w > log_w.max() - 40
        z, log_w = z[keep], log_w[keep]
        mean, sigma = self.likelihood(z)
        peak = log_w - LOG_TWO_PI * self.dim / 2 - np.log(sigma).sum(1)
        y = self.scale.from_data(x)
        out = np.empty(len(y))
        for i, row in enumerate(y):
            out[i] = np.logaddexp.reduce(peak - (((row - mean) / sigma) ** 2).sum(1) / 2)
        return out - self.scale.log_scale()
