"""Compares the log densities of this package with those of genlab score, at 10,000 points for each model.

    python tools/python/agreement.py [FOLDER [MODEL...]]     # the program is genlab, or $GENLAB

Trains a short run of every model with a density in FOLDER (default: runs/agreement), unless it is there, and prints a table of the
differences, in nats. MODEL is a name of the table, such as diffusion. The points are fresh ones of the data, points of the tails, and points far beyond a spline's bound;
of a model of text they are the 10,000 characters of a sample, each of which has a value.
"""

import os
import subprocess
import sys

import numpy as np

import genlab

GENLAB = os.environ.get("GENLAB", "genlab")
RUNS = {
    "flow": "flow", "flow, coupling, affine": "flow --structure coupling --transform affine", "flow, conditional": "flow --conditional",
    "autoregressive": "autoregressive", "vae, bound of 4 samples": "vae", "flow-prior, bound of 4 samples": "flow-prior", "kde": "kde", "vq-prior": "vq-prior --prior-steps 100",
    # Those with an ODE take some hundred evaluations per point, so their networks are small.
    "flow-matching": "flow-matching --hidden 16 --layers 2 --features 8", "rectified-flow": "rectified-flow --hidden 16 --layers 2 --features 8 --round-steps 100",
    "diffusion": "diffusion --hidden 16 --layers 2 --features 8", "diffusion, noise, linear": "diffusion --hidden 16 --layers 2 --features 8 --prediction noise --schedule linear",
    "diffusion, conditional": "diffusion --hidden 16 --layers 2 --features 8 --conditional",
    "autoregressive, text": "autoregressive --hidden 16", "masked-diffusion, bound of 4 samples": "masked-diffusion --hidden 16",
}
TEXT = ("autoregressive, text", "masked-diffusion, bound of 4 samples")
ODE = ("diffusion", "flow-matching", "rectified-flow")


def call(*arguments):
    subprocess.run([GENLAB, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def points(folder):
    """4000 fresh points, 4000 in the tails, 2000 far out."""
    fresh = os.path.join(folder, "fresh.npy")
    call("datasets", "8gaussians", "-n", "4000", "--seed", "1", "-o", fresh)
    rng = np.random.default_rng(1)
    tails = 4 * rng.standard_normal((4000, 2))
    x = np.concatenate([np.load(fresh), tails, rng.uniform(-50, 50, (2000, 2))])
    path = os.path.join(folder, "points.npy")
    np.save(path, x)
    return path, x


def compare(folder, name, flags, path, x, tolerance=None):
    run = os.path.join(folder, name.replace(", ", "-").replace(" ", "-"))
    if not os.path.exists(os.path.join(run, "checkpoint.safetensors")):
        call("train", *flags.split(), "--data", "grammar" if name in TEXT else "8gaussians", "--steps", "300", "--train-only", "--overwrite", "--out", run)
    out, score, options = run + ".logp.npy", [], {}
    model = genlab.load(run)
    if "conditional" in name:
        score, options = ["--label", "3"], {"label": 3}
    if tolerance:
        score, options = score + ["--tolerance", str(tolerance)], dict(options, tolerance=tolerance)
    bound, kind = "bound" in name, "--points"
    if name in TEXT:
        path, kind = run + ".txt", "--text"
        call("sample", run, "-n", "10000", "--seed", "1", "-o", path)
        with open(path, encoding="utf-8", newline="") as f:
            x = f.read()
    call("score", run, kind, path, "-o", out, *score, *(["--draws", "4"] if bound else []))
    want = np.load(out)
    got = model.log_bound(x, samples=4) if bound else model.log_prob(x, **options)
    if not np.array_equal(np.isfinite(got), np.isfinite(want)):
        print(f"warning: {name}: {np.sum(np.isfinite(got) != np.isfinite(want))} points are finite in one program only", file=sys.stderr)
    finite = np.isfinite(want) & np.isfinite(got)
    off = np.abs(got[finite] - want[finite])
    relative = off / np.maximum(1, np.abs(want[finite]))
    label = name + (f", tolerance {tolerance:g}" if tolerance else "")
    print(f"| {label} | {finite.sum()} | {want[finite].min():.0f} | {np.median(off):.0e} | {np.quantile(off, 0.99):.0e} | {off.max():.0e} | {relative.max():.0e} |", flush=True)


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join("runs", "agreement")
    os.makedirs(folder, exist_ok=True)
    path, x = points(folder)
    print("| model | finite | lowest log p | median | 99 % | largest | largest, relative |\n|---|---:|---:|---:|---:|---:|---:|")
    for name in sys.argv[2:] or RUNS:
        flags = RUNS[name]
        compare(folder, name, flags, path, x)
        if name.split(",")[0] in ODE:
            compare(folder, name, flags, path, x, 1e-7)


if __name__ == "__main__":
    main()
