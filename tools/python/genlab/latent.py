"""Latent diffusion: a diffusion model of the latent points of an autoencoder."""

from .checkpoint import NoDensityError, RunError
from .consistency import Consistency
from .diffusion import Diffusion
from .vae import VAE


class LatentDiffusion:
    def __init__(self, checkpoint, tensors):
        c = self.config = checkpoint.config
        parts = {name: {k[len(name) + 1:]: t for k, t in tensors.items() if k.startswith(name + "/")} for name in ("autoencoder", "latents/teacher")}
        if not parts["latents/teacher"]:
            raise RunError(f"{checkpoint.folder}: the diffusion model of this run is not trained yet: continue it with genlab train latent-diffusion --resume")
        of_decoder = dict(c, latent=c["latent"], posterior="diagonal", floor=c["autoencoder-floor"], activation="silu")
        self.autoencoder = VAE(checkpoint, parts["autoencoder"], of_decoder)
        if c.get("student-steps", 0) > 0:
            self.latents = Consistency(checkpoint, checkpoint.within("latents"))
        else:
            self.latents = Diffusion(checkpoint, parts["latents/teacher"])
        self.classes, self.dim = self.latents.classes, self.autoencoder.dim

    def decode(self, noise, decoder_noise=None, labels=None, options=None):
        """Samples from the noise of the latents and, unless the run takes the mean, that of the decoder."""
        return self.autoencoder.decode(self.latents.decode(noise, labels=labels, options=options), decoder_noise)

    def sample(self, n, stream, labels=None, options=None):
        if self.classes and labels is None:
            labels = stream.integers(self.classes, n)
            z = self.latents.sample_each(n, stream, labels, options)
        else:
            z = self.latents.sample(n, stream, labels, options)
        return self.autoencoder.decode(z, stream.normal(n, self.dim) if self.config["decoder-noise"] else None)

    def log_prob(self, x, labels=None):
        raise NoDensityError("a latent diffusion model has no density: compare its samples instead, or train a flow")
