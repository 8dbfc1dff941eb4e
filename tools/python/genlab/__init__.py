"""Opens the runs of genlab.

    run = genlab.load("runs/flow-moons-s1")
    x = run.sample(1000, seed=1)     # the points of: genlab sample runs/flow-moons-s1 -n 1000 --seed 1
    log_p = run.log_prob(x)          # nats, as of: genlab score
    run.metrics()                    # a pandas table of eval.json; run.log() of the losses
    net = run.torch()                # the network as a torch module

docs/checkpoint.md has the formulas that this package implements.
"""

import json
import os

import numpy as np

from .autoregressive import Points, Text
from .checkpoint import Checkpoint, CorruptError, NewerError, NoDensityError, RunError
from .consistency import Consistency
from .diffusion import Diffusion
from .flow import Flow
from .flow_prior import flow_prior
from .gan import GAN
from .kde import KDE
from .latent import LatentDiffusion
from .masked import MaskedText
from .matching import FlowMap, FlowMatching, rectified
from .stream import Stream
from .vae import VAE
from .vq import VQPrior

__all__ = ["load", "Run", "RunError", "CorruptError", "NewerError", "NoDensityError", "Stream"]

MODELS = {
    "autoregressive": lambda c, t: Text(c, t) if "alphabet/characters" in t else Points(c, t),
    "vae": VAE, "gan": GAN, "diffusion": Diffusion, "flow": Flow, "latent-diffusion": LatentDiffusion,
    "flow-matching": FlowMatching, "rectified-flow": rectified, "flow-map": FlowMap, "kde": KDE,
    "consistency": Consistency, "adversarial-diffusion": Consistency, "vq-prior": VQPrior, "flow-prior": flow_prior, "masked-diffusion": MaskedText,
}


def load(folder):
    """Opens a run folder. Raises a RunError that says what to do where it is none or of another model."""
    return Run(folder)


class Run:
    """A trained run: config is a dict of its settings, model the object with its parts."""

    def __init__(self, folder):
        self.checkpoint = Checkpoint(folder)
        self.folder, self.config, self.step = self.checkpoint.folder, self.checkpoint.config, self.checkpoint.step
        name = self.checkpoint.model
        if name not in MODELS:
            raise RunError(f"{self.folder} is a run of {name}, which this package does not read: it reads {', '.join(MODELS)}. Sample it with: genlab sample {self.folder} -n 1000 -o samples.npy")
        self.model = MODELS[name](self.checkpoint, self.checkpoint.tensors)

    def __repr__(self):
        return f"genlab.load({self.folder!r}): {self.config['model']} on {self.config['data']}, step {self.step}"

    def sample(self, n, seed=None, label=None, **options):
        """n samples, n x d: those of `genlab sample` with that seed (default: the run's), to rounding.

        label is a number, for a conditional model. options are the settings of sampling, such as nfe=20,
        sampler="heun" or guidance=2 of a diffusion model, prompt="..." of a model of text, or order="confident" of masked
        diffusion. Of a model of text the sample is a str of n characters.
        """
        if n < 1:
            raise ValueError(f"n is {n}, but must be at least 1")
        stream = Stream(self.config["seed"] if seed is None else seed, "sample")
        if label is not None:
            options["labels"] = np.full(n, self._label(label))
        if isinstance(self.model, (Diffusion, LatentDiffusion)):
            labels = options.pop("labels", None)
            known = ("nfe",) if isinstance(self.model, Consistency) else ("sampler", "nfe", "eta", "spacing", "guidance")
            wrong = [k for k in options if k not in known]
            if wrong:
                raise TypeError(f"unknown option {wrong[0]!r}: expected one of {', '.join(known)}")
            return self.model.sample(n, stream, labels=labels, options=options)
        return self.model.sample(n, stream, **options)

    def log_prob(self, x, label=None, tolerance=None):
        """log p of each row of x, n values in nats; given a label for a conditional model. -inf where p is 0.

        tolerance is that of the ODE of a diffusion model or of flow matching (default: as of genlab score).
        """
        options = {}
        if tolerance is not None:
            if not isinstance(self.model, (Diffusion, FlowMatching)):
                raise TypeError(f"a {self.config['model']} run has no ODE, and takes no tolerance")
            options["tolerance"] = tolerance
        if label is not None:
            options["labels"] = np.full(len(x), self._label(label))
        return self.model.log_prob(x, **options)

    def log_bound(self, x, seed=None, samples=1):
        """A lower bound on log p of each row of x: the ELBO, of a VAE with more samples a tighter one. Of masked diffusion x is a str: a
        value for each character, whose sum is an estimate of the bound, with more samples (masks for each block) of less variance.
        """
        if not hasattr(self.model, "log_bound"):
            raise NoDensityError(f"a {self.config['model']} run has no bound: use run.log_prob(x)")
        if samples < 1:
            raise ValueError(f"samples is {samples}, but must be at least 1")
        return self.model.log_bound(x, Stream(self.config["seed"] if seed is None else seed, "bound"), samples)

    def log_marginal(self, x):
        """log p of each row of x for a VAE with two latent dimensions, by quadrature."""
        if not isinstance(self.model, VAE):
            raise NoDensityError(f"a {self.config['model']} run needs no quadrature: use run.log_prob(x)")
        return self.model.log_marginal(x)

    def _label(self, label):
        classes = self.model.classes
        if not classes:
            raise ValueError(f"{self.folder} is not conditional: train it with --conditional to sample by label")
        if int(label) != label or not 0 <= label < classes:
            raise ValueError(f"label is {label}, but must be a whole number from 0 to {classes - 1}")
        return int(label)

    def metrics(self):
        """The measurements of eval.json as a pandas table: metric, value, se, oracle, kind."""
        import pandas

        path = os.path.join(self.folder, "eval.json")
        if not os.path.isfile(path):
            raise RunError(f"{self.folder} has no eval.json: measure it with genlab eval {self.folder}")
        with open(path, encoding="utf-8") as f:
            report = json.load(f)
        rows = pandas.DataFrame.from_dict(report["metrics"], orient="index")
        rows.index.name = "metric"
        return rows.replace({"NaN": np.nan, "Infinity": np.inf, "-Infinity": -np.inf})

    def log(self):
        """The losses of metrics.jsonl as a pandas table, by step."""
        import pandas

        with open(os.path.join(self.folder, "metrics.jsonl"), encoding="utf-8") as f:
            text = f.read()
        lines = text[:text.rfind("\n") + 1].splitlines()  # an incomplete last line is to be ignored
        return pandas.DataFrame([json.loads(line) for line in lines]).set_index("step").astype(float)

    def torch(self):
        """The network as a torch module in float32; see genlab/modules.py. Needs PyTorch."""
        from .modules import module

        return module(self.model)
