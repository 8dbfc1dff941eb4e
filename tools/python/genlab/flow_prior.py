"""VAEs whose prior of z is a normalizing flow or a diffusion model."""

import numpy as np

from .checkpoint import NoDensityError, RunError
from .diffusion import Diffusion
from .flow import Flow
from .vae import VAE

# What a prior has that no setting gives.
FLOW = {"structure": "autoregressive", "transform": "spline", "activation": "silu"}
DIFFUSION = {"schedule": "cosine", "prediction": "velocity", "activation": "silu", "time-features": 16, "timesteps": 1000,
             "sampler": "dpmsolver2m", "nfe": 35, "eta": 0.0, "guidance": 1.0, "spacing": "auto"}


def flow_prior(checkpoint, tensors):
    """The VAE of a flow-prior run, with the prior of its stage."""
    c, own = checkpoint.config, checkpoint.within("vae")
    kind = c["prior"]
    if kind == "normal":
        return VAE(checkpoint, own)
    flow = dict(FLOW, layers=c["flow-layers"], bins=c["flow-bins"], bound=checkpoint.constants["prior_bound"])
    if kind == "flow":  # trained with the VAE, of points that are not standardised
        weights = {"ema/" + name[len("ema/prior."):]: t for name, t in own.items() if name.startswith("ema/prior.")}
        weights["scale/shift"], weights["scale/scale"] = np.zeros(c["latent"]), np.ones(c["latent"])
        return VAE(checkpoint, own, prior=Flow(checkpoint, weights, flow))
    after = checkpoint.within("prior")
    if kind == "later-flow":
        return VAE(checkpoint, own, prior=Flow(checkpoint, after, flow))
    if kind == "later-diffusion":
        return DiffusionPrior(checkpoint, own, prior=Diffusion(checkpoint, after, DIFFUSION))
    raise RunError(f"{checkpoint.folder}: prior is {kind!r}, which this package does not know: expected flow, later-flow, later-diffusion or normal; install the package of the genlab that wrote the run")


class DiffusionPrior(VAE):
    """A VAE whose prior is a diffusion model: it samples, and has no bound."""

    def log_bound(self, x, stream=None, samples=1):
        raise NoDensityError("a VAE with a diffusion model as its prior has no bound: compare its samples, or train with --prior flow")

    def log_marginal(self, x, cells=260, half=6.5):
        self.log_bound(x)
