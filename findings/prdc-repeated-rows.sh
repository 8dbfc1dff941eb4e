#!/usr/bin/env bash
# prdc gives a data set precision, recall, density and coverage 0 against itself where its rows repeat.
#
# Expected: a set compared with itself has precision, recall and coverage 1, as with continuous values. Seen: 0 for all four on points of a
# 3 x 3 grid: the distance to the k-th neighbour is 0 where a row occurs more than k times, and a neighbour must be strictly nearer.
# Why it matters: categories, counts, quantised features or a generator that repeats itself look like a failure of the model, gradually
# so where only some rows repeat.
# Versions: prdc 0.2, scikit-learn 1.9.1, numpy 2.4.6. Checked 2026-11-28.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check prdc==0.2 scikit-learn==1.9.1 numpy==2.4.6
venv/bin/python - <<'P'
import importlib.metadata, sys, numpy
from prdc import compute_prdc
print("prdc", importlib.metadata.version("prdc"))
rng = numpy.random.default_rng(0)
continuous = rng.normal(size=(600, 2))
discrete = rng.integers(0, 3, size=(600, 2)).astype(float)
half = numpy.concatenate([continuous[:300], discrete[:300]])
result = {}
for name, x in {"continuous": continuous, "half and half": half, "discrete": discrete}.items():
    result[name] = {k: round(float(v), 3) for k, v in compute_prdc(x, x, nearest_k=5).items()}
    print(name, "points against themselves:", result[name])
sys.exit(not (all(v == 1 for v in result["continuous"].values()) and all(v == 0 for v in result["discrete"].values()) and result["half and half"]["coverage"] < 0.6))
P
