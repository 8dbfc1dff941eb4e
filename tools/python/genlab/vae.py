"""Variational autoencoders: samples, lower bounds, and log p by quadrature over the latent plane."""

import numpy as np

from .checkpoint import NoDensityError, Standardisation
from .flow import spline
from .network import MLP, float32, softplus

LOG_TWO_PI = np.log(2 * np.pi)


class VAE:
    """An encoder, a decoder and the prior of z: None for N(0, I), or a model with sample and log_prob."""

    def __init__(self, checkpoint, tensors, config=None, prior=None):
        c = self.config = config or checkpoint.config
        k, act = checkpoint.constants, c["activation"] or "silu"
        self.min_scale = k["min_scale"]
        self.scale, self.latent, self.classes, self.prior = Standardisation(tensors), c["latent"], 0, prior
        self.dim = self.scale.dim
        weights = {name[4:]: t for name, t in tensors.items() if name.startswith("ema/")}
        self.encoder, self.decoder = (MLP(weights, name, act, k["leaky_slope"]) for name in ("encoder", "decoder"))
        self.skips = [weights[name + ".skip"].astype(float) if name + ".skip" in weights else 0 for name in ("encoder", "decoder")]
        self.conditioners, self.spline = [], None  # of a posterior that is a flow
        if c["posterior"] == "flow":
            self.conditioners = [MLP(weights, f"posterior{i + 1}", act, k["leaky_slope"]) for i in range(self.latent)]
            least = k["posterior_min_share"]
            self.spline = int(k["posterior_bins"]), k["posterior_bound"], {"min_width": least, "min_height": least, "min_slope": k["posterior_min_slope"]}

    def skip(self, which, x):
        return x @ self.skips[which] if np.ndim(self.skips[which]) else 0

    def _encode(self, x):
        """The columns of the encoder: the mean m, the diagonal and the others, for points in the data's coordinates."""
        x, k = float32(self.scale.from_data(x)), self.latent
        h = self.encoder(x)
        return h[:, :k] + self.skip(0, x), self.min_scale + softplus(h[:, k:2 * k]), h[:, 2 * k:]

    def encode(self, x):
        """The mean m and the factor L of q(z|x) = N(m, L L^T), for points in the data's coordinates."""
        if self.conditioners:
            raise NoDensityError("q(z|x) of this run is a flow, which is not Gaussian: use run.model.draw(x, noise) for samples of z and their log densities")
        m, diagonal, rest = self._encode(x)
        k = self.latent
        factor = np.zeros((len(m), k, k))
        i, j = np.tril_indices(k, -1)
        if self.config["posterior"] == "full":
            factor[:, i, j] = rest
        factor[:, range(k), range(k)] = diagonal
        return m, factor

    def draw(self, x, noise):
        """Samples of q(z|x) for standard normal noise, both n x s x latent, and their log densities, n x s."""
        m, diagonal, features = self._encode(x)
        log_q = -(noise ** 2 + LOG_TWO_PI).sum(2) / 2 - np.log(diagonal).sum(1)[:, None]
        if not self.conditioners:
            m, factor = self.encode(x)
            return m[:, None] + np.einsum("nij,nsj->nsi", factor, noise), log_q
        n, s, k = noise.shape
        z, inputs = np.empty((n * s, k)), np.repeat(features, s, axis=0)
        bins, bound, least = self.spline
        for i, net in enumerate(self.conditioners):
            theta = net(inputs)
            v, slope = spline(theta[:, 1:], noise[:, :, i].ravel(), False, bins, bound, least)
            z[:, i], log_q = v + theta[:, 0], log_q - np.log(slope).reshape(n, s)
            inputs = np.concatenate([inputs, v[:, None]], axis=1)
        return m[:, None] + diagonal[:, None] * z.reshape(n, s, k), log_q

    def log_prior(self, z):
        """log p(z) of latent points, m x latent."""
        return self.prior.log_prob(z) if self.prior else -(z ** 2 + LOG_TWO_PI).sum(1) / 2

    def likelihood(self, z):
        """The mean and the standard deviation of p(x|z), standardised."""
        h = self.decoder(z)
        return h[:, :self.dim] + self.skip(1, z), self.config["floor"] + softplus(h[:, self.dim:])

    def decode(self, z, noise=None):
        """Samples from p(x|z) for standard normal noise, or its means without noise."""
        mean, sigma = self.likelihood(float32(z))
        return self.scale.to_data(mean if noise is None else mean + sigma * noise)

    def sample(self, n, stream):
        z = self.prior.sample(n, stream) if self.prior else stream.normal(n, self.latent)
        return self.decode(z, stream.normal(n, self.dim))

    def log_bound(self, x, stream, samples=1):
        """The importance-weighted bound with so many samples of z for each point; one is the ELBO."""
        n, k = len(x), self.latent
        with np.errstate(over="ignore", invalid="ignore"):
            z, log_q = self.draw(x, float32(stream.normal(n, samples, k)))
            z = z.reshape(-1, k)
            mean, sigma = self.likelihood(z)
            u = (np.repeat(float32(self.scale.from_data(x)), samples, axis=0) - mean) / sigma
            log_w = -(u ** 2 + LOG_TWO_PI).sum(1) / 2 - np.log(sigma).sum(1) + self.log_prior(z)
            log_w = log_w.reshape(n, samples) - log_q
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
        log_w = np.log(np.outer(weight, weight).ravel()) + self.log_prior(z)
        if not abs(np.exp(log_w).sum() - 1) < 1e-3:
            raise NoDensityError(f"the square |z| < {half} has {np.exp(log_w).sum():.4f} of the prior, not all of it: use run.log_bound(x)")
        keep = log_w > log_w.max() - 40
        z, log_w = z[keep], log_w[keep]
        mean, sigma = self.likelihood(z)
        peak = log_w - LOG_TWO_PI * self.dim / 2 - np.log(sigma).sum(1)
        y = self.scale.from_data(x)
        out = np.empty(len(y))
        for i, row in enumerate(y):
            out[i] = np.logaddexp.reduce(peak - (((row - mean) / sigma) ** 2).sum(1) / 2)
        return out - self.scale.log_scale()
