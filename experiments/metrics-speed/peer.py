"""Computes metrics of two samples with POT, dcor, prdc and scikit-learn for experiments/metrics-speed.

    peer.py FOLDER THREADS

It reads x.npy, y.npy (n x 2) and directions.npy (2 x k) of the folder, writes the versions, and then for each name on
its standard input a line of JSON: the values and the seconds.
"""
import contextlib
import io
import json
import os
import sys
import time

folder, threads = sys.argv[1], sys.argv[2]
for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "LOKY_MAX_CPU_COUNT"]:
    os.environ[name] = threads

from importlib.metadata import version

import dcor
import numpy as np
import ot
import prdc

x, y, directions = (np.load(f"{folder}/{name}.npy") for name in ["x", "y", "directions"])
rows = 1000  # of the exact assignment


def energy_pot():
    """The U-statistic: no point is paired with itself."""
    n, m = len(x), len(y)
    between = ot.dist(x, y, metric="euclidean").mean()
    return 2 * between - ot.dist(x, x, metric="euclidean").sum() / (n * (n - 1)) - ot.dist(y, y, metric="euclidean").sum() / (m * (m - 1))


def neighbours():
    with contextlib.redirect_stdout(io.StringIO()):
        v = prdc.compute_prdc(real_features=y, fake_features=x, nearest_k=5)
    return [float(v[k]) for k in ["precision", "recall", "density", "coverage"]]


peers = {
    "energy distance POT": energy_pot,
    "energy distance dcor": lambda: float(dcor.energy_distance(x, y, estimation_stat=dcor.EstimationStatistic.U_STATISTIC)),
    "sliced W2 POT": lambda: float(ot.sliced_wasserstein_distance(x, y, projections=directions, p=2)),
    "exact W2 POT": lambda: float(np.sqrt(ot.emd2([], [], ot.dist(x[:rows], y[:rows]), numItermax=10**7))),
    "precision, recall, density, coverage prdc": neighbours,
}

print(f"POT {version('POT')}, dcor {version('dcor')}, prdc {version('prdc')}, scikit-learn {version('scikit-learn')}, numpy {np.__version__}", flush=True)
for line in sys.stdin:
    f = peers[line.strip()]
    start = time.perf_counter()
    value = f()
    print(json.dumps({"values": value if isinstance(value, list) else [float(value)], "seconds": time.perf_counter() - start}), flush=True)
