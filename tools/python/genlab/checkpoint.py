"""Reads a run folder: config.yaml and checkpoint.safetensors, as docs/checkpoint.md describes them."""

import hashlib
import json
import math
import os
import re
import struct

import numpy as np
from safetensors import SafetensorError, safe_open

# The newest version of a checkpoint that this package reads.
VERSION = 2

# The constants of files of version 1, which do not contain them.
CONSTANTS = {
    "level_frequency_first": 3, "level_frequency_ratio": 30,
    "min_noise": 0.002, "min_sampling_noise": 0.005, "sampling_noise_steps": 0.2,
    "low_final_steps": 2, "max_growth": 1.15, "karras_rho": 7, "log_shift": math.log(2), "flow_tolerance": 2e-6,
    "few_heun_steps": 18, "time_floor": 1e-3, "min_restart_noise": 0.02,
    "cosine_offset": 0.008, "cosine_end": 4e-5, "linear_min": 0.1, "linear_max": 20,
    "input_clip": 4, "max_log_slope": 3, "min_width": 1e-3, "min_height": 1e-4, "min_slope": 1e-4,
    "min_scale": 1e-5, "posterior_features": 32, "posterior_bins": 12, "posterior_bound": 4, "posterior_min_share": 1e-3, "posterior_min_slope": 1e-3,
    "leaky_slope": 0.2, "norm_eps": 1e-5, "prior_heads": 2, "prior_bound": 4, "tail_share": 32, "tail_least_bins": 8,
}

# Settings by the names that earlier versions gave them, and what a setting means where a run lacks it.
ALIASES = {"levels": "timesteps", "training-levels": "noise-distribution", "renoise": "restart-noise"}
ABSENT = {"timesteps": 1000, "eta": 0.0, "guidance": 1.0, "spacing": "auto", "conditional": False, "tied": False,
          "interleaved": True, "mixing": True, "activation": None}


class RunError(Exception):
    """A folder that is not a run, or a run that this package cannot open. The message says what to do."""


class CorruptError(RunError):
    """A damaged checkpoint."""


class NewerError(RunError):
    """A checkpoint of a version that is newer than this package."""


class NoDensityError(RunError):
    """A model without the density, or the network, that was asked for."""


class Checkpoint:
    """The settings, constants and tensors of a run.

    config is a dict of the settings; constants of the numbers that no setting gives; tensors maps names to float32
    arrays; step is the number of training steps taken.
    """

    def __init__(self, folder):
        self.folder = os.fspath(folder)
        path = os.path.join(self.folder, "config.yaml")
        if not os.path.isfile(path):
            raise RunError(f"{self.folder} is not a run folder: it has no config.yaml. Train one with: genlab train flow --out {self.folder}")
        with open(path, encoding="utf-8") as f:
            self.config = parse_config(f.read(), path)
        self.model = self.config.get("model", "")
        self.path = os.path.join(self.folder, "checkpoint.safetensors")
        if not os.path.isfile(self.path):
            raise RunError(f"{self.folder} has no checkpoint.safetensors: the run ended before it saved one; start it again with --overwrite")
        metadata = read_metadata(self.path)
        self.step = int(metadata["step"])
        self.constants = dict(CONSTANTS, **json.loads(metadata.get("meta.constants", "{}")))
        try:
            with safe_open(self.path, framework="numpy") as f:
                self.tensors = {name: f.get_tensor(name) for name in f.keys()}
        except SafetensorError as e:
            raise CorruptError(f"{self.path} is corrupt: {e}") from e

    def within(self, prefix):
        """The tensors whose names begin with prefix and a slash, without those."""
        cut = len(prefix) + 1
        return {name[cut:]: t for name, t in self.tensors.items() if name.startswith(prefix + "/")}


def read_metadata(path):
    """Returns the metadata of a checkpoint after checking its version and its SHA-256."""
    with open(path, "rb") as f:
        data = f.read()
    try:
        (n,) = struct.unpack("<Q", data[:8])
        header = data[8:8 + n]
        metadata = json.loads(header)["__metadata__"]
        name, digest = metadata["format"], metadata["sha256"]
    except (struct.error, ValueError, KeyError, TypeError) as e:
        raise CorruptError(f"{path} is corrupt: it is not a checkpoint of genlab ({e})") from e
    if name != "genlab-checkpoint-1":
        raise CorruptError(f"{path} is corrupt: its format is {name!r}; expected 'genlab-checkpoint-1'")
    version = int(metadata.get("version", 1))
    if version > VERSION:
        raise NewerError(f"{path} has version {version}, but this package reads versions up to {VERSION}: install the package of the genlab that wrote it (pip install ./tools/python)")
    # The sum is over the whole file, with zeros for its own digits.
    blank = data[:8 + n].replace(f'"sha256":"{digest}"'.encode(), b'"sha256":"' + b"0" * 64 + b'"', 1)
    if hashlib.sha256(blank + data[8 + n:]).hexdigest() != digest:
        raise CorruptError(f"{path} is corrupt: its SHA-256 differs: it was damaged or changed after it was written; train the run again")
    return metadata


def parse_config(text, path):
    """Parses config.yaml, which genlab writes as one `key: value` per line."""
    config = dict(ABSENT)
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = re.fullmatch(r"([A-Za-z0-9-]+):\s*(.*)", line)
        if not match:
            raise RunError(f"{path}, line {number}: expected `key: value`, as genlab writes it, not {line!r}")
        key, value = match.groups()
        config[ALIASES.get(key, key)] = scalar(value)
    return config


def scalar(text):
    if text[:1] == '"':
        return json.loads(text)
    if text[:1] == "'":
        return text[1:-1].replace("''", "'")
    text = text.split(" #")[0].strip()
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def exact(tensor):
    """Float64 values saved by rows (p1, p2, p3, e): (p1 + p2 + p3) * 2**e."""
    t = tensor.astype(np.float64)
    return np.ldexp(t[:, 0] + t[:, 1] + t[:, 2], t[:, 3].astype(int))


class Standardisation:
    """The map x = shift + scale * z of docs/checkpoint.md, in float64."""

    def __init__(self, tensors, prefix="scale"):
        self.shift = tensors[prefix + "/shift"].astype(np.float64)
        self.scale = tensors[prefix + "/scale"].astype(np.float64)
        if prefix + "/exact" in tensors:
            self.shift, self.scale = np.split(exact(tensors[prefix + "/exact"]), 2)

    @property
    def dim(self):
        return len(self.shift)

    def to_data(self, z):
        return self.shift + self.scale * z

    def from_data(self, x):
        x = np.asarray(x, dtype=np.float64)
        if x.ndim != 2 or x.shape[1] != self.dim:
            raise ValueError(f"points of shape {x.shape} for a model of {self.dim} coordinates: want (n, {self.dim})")
        return (x - self.shift) / self.scale

    def log_scale(self):
        return float(np.sum(np.log(self.scale)))
