"""Vector-quantised autoencoders with an autoregressive prior over their codes: exact density and samples."""

import numpy as np

from .autoregressive import Transformer
from .checkpoint import RunError, Standardisation
from .network import MLP, float32, softplus
from .transformer import log_softmax

LOG_TWO_PI = np.log(2 * np.pi)


class VQPrior:
    classes = 0

    def __init__(self, checkpoint, tensors):
        c, slope = checkpoint.config, checkpoint.constants["leaky_slope"]
        own, prior = checkpoint.within("codes"), checkpoint.within("prior")
        if not prior:
            raise RunError(f"{checkpoint.folder}: the prior of this run is not trained yet: continue it with genlab train vq-prior --resume")
        self.config, self.scale = c, Standardisation(own)
        self.dim, self.codes_per_point, self.entries_per_code = self.scale.dim, c["length"], c["codes"]
        weights = {name[4:]: t for name, t in own.items() if name.startswith("ema/")}
        self.encoder, self.decoder = (MLP(weights, name, "silu", slope) for name in ("encoder", "decoder"))
        self.books = own["codebook/entries"].astype(float).reshape(c["length"], c["codes"], -1)
        self.prior = Transformer(checkpoint, prior, {"layers": c["prior-layers"], "heads": int(checkpoint.constants["prior_heads"]), "activation": "gelu", "tied": False})
        self._tabulate()

    def _tabulate(self):
        """log p(c) of every sequence of codes, and the mean and the standard deviation of p(x|c), standardised."""
        codes = np.indices([self.entries_per_code] * self.codes_per_point).reshape(self.codes_per_point, -1).T
        logits = self.prior.logits(self.prior.start(codes)[:, :-1])[:, :, :self.entries_per_code]  # without the class of unknown codes
        self.log_prior = np.take_along_axis(log_softmax(logits), codes[:, :, None], axis=2).sum(axis=(1, 2))
        self.mean, self.sigma = self.likelihood(self.entries(codes))

    def entries(self, codes):
        """The entries of the codebooks side by side: n x length -> n x length · code-width."""
        return np.concatenate([book[c] for book, c in zip(self.books, codes.T)], axis=1)

    def likelihood(self, entries):
        """The mean and the standard deviation of p(x|c), standardised."""
        h = self.decoder(entries)
        return h[:, :self.dim], self.config["floor"] + softplus(h[:, self.dim:])

    def codes(self, x):
        """The codes that the encoder chooses for points in the data's coordinates: n x length."""
        z = float32(self.encoder(float32(self.scale.from_data(x)))).reshape(len(x), self.codes_per_point, -1)
        return np.stack([((z[:, p, None] - book) ** 2).sum(axis=2).argmin(axis=1) for p, book in enumerate(self.books)], axis=1)

    def sample(self, n, stream):
        edges, x = np.cumsum(np.exp(self.log_prior)), np.empty((n, self.dim))
        for row in x:
            s = min(np.searchsorted(edges, stream.uniform(1)[0] * edges[-1], side="right"), len(edges) - 1)
            row[:] = self.mean[s] + self.sigma[s] * stream.normal(self.dim)
        return self.scale.to_data(x)

    def _joint(self, z, s):
        """log p(c) p(z|c) of standardised points and sequences, which broadcast."""
        u = (z - self.mean[s]) / self.sigma[s]
        return self.log_prior[s] - (u ** 2 + LOG_TWO_PI).sum(axis=-1) / 2 - np.log(self.sigma[s]).sum(axis=-1)

    def log_prob(self, x, labels=None):
        z, rows = self.scale.from_data(x), max(1, (1 << 20) // len(self.log_prior))
        parts = [np.logaddexp.reduce(self._joint(z[lo:lo + rows, None], slice(None)), axis=1) for lo in range(0, len(z), rows)]
        return np.concatenate(parts) - self.scale.log_scale()

    def log_bound(self, x, stream=None, samples=1):
        """log p(c) p(x|c) of the codes that the encoder chooses."""
        s = np.ravel_multi_index(self.codes(x).T, [self.entries_per_code] * self.codes_per_point)
        return self._joint(self.scale.from_data(x), s) - self.scale.log_scale()
