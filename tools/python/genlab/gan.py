"""Generative adversarial networks: the generator and the critic."""

import numpy as np

from .checkpoint import NoDensityError, Standardisation
from .network import MLP, float32, fourier


class GAN:
    def __init__(self, checkpoint, tensors):
        c, slope = checkpoint.config, checkpoint.constants["leaky_slope"]
        self.config, self.scale, self.latent, self.classes = c, Standardisation(tensors), c["latent"], 0
        self.dim = self.scale.dim
        weights = {name[4:]: t for name, t in tensors.items() if name.startswith("ema/")}
        critic = {name[7:]: t for name, t in tensors.items() if name.startswith("critic/")}
        for i in range(1, len(critic) // 2 + 1):  # spectral normalisation: W / (v W u)
            if f"spectral/{i}/u" in tensors:
                w, u, v = critic[f"layer{i}.weight"].astype(float), tensors[f"spectral/{i}/u"].astype(float), tensors[f"spectral/{i}/v"].astype(float)
                critic[f"layer{i}.weight"] = w / (v @ w @ u)
        self.pack = c.get("pack", 1)
        act = c["activation"] or "leaky-relu"
        self.generator, self.discriminator = MLP(weights, "layer", act, slope), MLP(critic, "layer", act, slope)
        self.frequencies = [None if k not in tensors else tensors[k].astype(float) for k in ("latent/frequencies", "features/frequencies")]

    def decode(self, z):
        """The points of latents z, standard normal."""
        return self.scale.to_data(self.generator(fourier(float32(z), self.frequencies[0])))

    def sample(self, n, stream):
        return self.decode(stream.normal(n, self.latent))

    def critic(self, x):
        """The critic's values at points, of a critic of several points at each repeated. It is not a log density."""
        h = fourier(float32(self.scale.from_data(x)), self.frequencies[1])
        return self.discriminator(np.tile(h, self.pack))[:, 0]

    def log_prob(self, x, labels=None):
        raise NoDensityError("a GAN has no density: compare its samples instead, or train a flow")
