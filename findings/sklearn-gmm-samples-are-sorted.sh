#!/usr/bin/env bash
# The samples of scikit-learn's GaussianMixture are sorted by component, and a second call gives the same ones.
#
# Expected: sample(n) returns n independent samples, so that any part of them is a sample of the mixture. Seen: they are grouped by component,
# which the documentation of sample does not say; and with random_state=0, which makes fit reproducible, every later call of sample
# starts from the same seed: two calls return equal arrays.
# Why it matters: a metric over the first 1000 rows, or a batch, sees some of the modes; ten calls of 1000 are one of 1000 and not 10,000.
# Remedy: numpy.random.default_rng().permutation, and random_state=numpy.random.RandomState(0).
# Versions: scikit-learn 1.9.1, numpy 2.4.6. Checked 2026-11-28.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check scikit-learn==1.9.1 numpy==2.4.6
venv/bin/python - <<'P'
import sys, numpy, sklearn
from sklearn.mixture import GaussianMixture
print("scikit-learn", sklearn.__version__)
rng = numpy.random.default_rng(0)
x = numpy.r_[rng.normal(-5, 1, (500, 1)), rng.normal(5, 1, (500, 1))]
model = GaussianMixture(2, random_state=0).fit(x)
samples, component = model.sample(1000)
print("components of the first 400 of 1000 samples:", numpy.unique(component[:400]), "their mean:", samples[:400].mean().round(2), "of all:", samples.mean().round(2))
again = numpy.array_equal(samples, model.sample(1000)[0])
print("a second call returns the same samples:", again)
sys.exit(not ((numpy.diff(component) >= 0).all() and len(set(component[:400])) == 1 and again))
P
