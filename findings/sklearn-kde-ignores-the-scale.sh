#!/usr/bin/env bash
# scikit-learn's KernelDensity(bandwidth="scott") has the same bandwidth for metres and for millimetres.
#
# Expected: Scott's and Silverman's rules multiply n^(-1/(d+4)) by the standard deviation of the data, as in their books and
# in scipy.stats.gaussian_kde; the density of 1000 x is that of x, rescaled. Seen: bandwidth_ is n^(-1/(d+4)) alone, whatever the scale. The
# documentation says of "scott" only that the bandwidth is estimated by that method.
# Why it matters: for data whose standard deviation is not about 1 the estimate is far too rough or too smooth: here the negative
# log-likelihood per point of 500 fresh ones is 1072 nats for data in millimetres, where scipy has 8.3.
# Versions: scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6. Checked 2026-11-28.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
venv/bin/python - <<'P'
import sys, numpy, scipy, sklearn
from scipy.stats import gaussian_kde
from sklearn.neighbors import KernelDensity
print("scikit-learn", sklearn.__version__, "scipy", scipy.__version__)
rng = numpy.random.default_rng(0)
x, fresh = rng.normal(size=500), rng.normal(size=500)
widths, nll = [], []
for scale in (1, 1000):
    a = KernelDensity(bandwidth="scott").fit(scale * x[:, None])
    b = gaussian_kde(scale * x, "scott")
    widths.append((a.bandwidth_, float(b.covariance[0, 0] ** 0.5)))
    nll.append((-a.score_samples(scale * fresh[:, None]).mean(), -b.logpdf(scale * fresh).mean()))
    print(f"data times {scale}: bandwidth {widths[-1][0]:.4g}, scipy {widths[-1][1]:.4g}; NLL of fresh points {nll[-1][0]:.4g}, scipy {nll[-1][1]:.4g} nats")
sys.exit(not (widths[0][0] == widths[1][0] and abs(widths[1][1] / widths[0][1] - 1000) < 1e-6 and nll[1][0] > 100 * nll[1][1]))
P
