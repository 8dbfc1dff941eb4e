"""Trains one model of another library on points and writes its samples and log densities.

The request is a line of JSON on standard input, the answer a line on standard output:

    {"peer": "zuko", "budget": "default", "train": "train.npy", "test": "test.npy",
     "out": "folder", "n": 10000, "seed": 1, "scale": 1}

The first line of output names the versions. One process does one request on one core. The folder gets samples.npy
(n x 2) and, of a model with a density, logp.npy (at its samples) and logq.npy (at the points of test), in nats and in
the units of the points. "scale" multiplies the number of training steps, such as 0.01 to try a peer.
"""

import importlib
import importlib.metadata
import json
import os
import resource
import sys
import time

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
if hasattr(os, "sched_setaffinity"):  # XLA has no setting for the number of its threads
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

import numpy as np  # noqa: E402

# The module of each peer, and the packages that its version consists of.
PEERS = {
    "gmm": ("peer_sklearn", ["scikit-learn"]),
    "kde": ("peer_sklearn", ["scikit-learn"]),
    "zuko": ("peer_flows", ["zuko", "torch"]),
    "normflows": ("peer_flows", ["normflows", "torch"]),
    "flowjax": ("peer_jax", ["flowjax", "jax"]),
    "cfm": ("peer_matching", ["torchcfm", "torchdyn", "torch"]),
    "ot-cfm": ("peer_matching", ["torchcfm", "torchdyn", "POT", "torch"]),
    "diffusers": ("peer_diffusers", ["diffusers", "torch"]),
}

# The fair budget: these of genlab's models too.
STEPS, BATCH, CLIP, WARMUP, DECAY = 2500, 512, 5.0, 200, 0.999


class Clock:
    """Times a block: seconds of the wall and of the core."""

    def __enter__(self):
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_):
        self.wall, self.cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu


class Standard:
    """Standardises points: zero mean and unit variance of each coordinate, as genlab does."""

    def __init__(self, x):
        self.mean, self.std = x.mean(0), x.std(0)
        self.log_volume = float(np.log(self.std).sum())  # log q(x) = log q(z) - log_volume

    def __call__(self, x):
        return (x - self.mean) / self.std

    def back(self, z):
        return z * self.std + self.mean


def main(peer):
    module, packages = PEERS[peer]
    print(", ".join(f"{p} {importlib.metadata.version(p)}" for p in packages), flush=True)
    request = json.loads(sys.stdin.readline())
    build = getattr(importlib.import_module(module), peer.replace("-", "_"))
    train, test = np.load(request["train"]), np.load(request["test"])
    # A builder returns a description, train() -> model, sample(model, n) and log_prob(model, x) or None.
    what, fit, sample, log_prob = build(train, request["budget"], request["seed"], request["scale"])
    with Clock() as training:
        model = fit()
    with Clock() as sampling:
        x = np.asarray(sample(model, request["n"]), dtype=np.float64)
    out = request["out"]
    np.save(os.path.join(out, "samples.npy"), x)
    infinite = 0
    finite = int(np.isfinite(x).all(1).sum())
    if log_prob is not None:
        np.save(os.path.join(out, "logp.npy"), np.asarray(log_prob(model, x), dtype=np.float64))
        logq = np.asarray(log_prob(model, test), dtype=np.float64)
        np.save(os.path.join(out, "logq.npy"), logq)
        infinite = int((~np.isfinite(logq)).sum())
    print(json.dumps({
        "what": what, "finite": finite, "infinite": infinite, "density": log_prob is not None,
        "train_seconds": training.wall, "train_cpu_seconds": training.cpu,
        "sample_seconds": sampling.wall, "sample_cpu_seconds": sampling.cpu,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
