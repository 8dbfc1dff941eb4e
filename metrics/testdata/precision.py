"""Reference values of precision, recall, density and coverage by the Python package prdc.

    pip install prdc==0.2 numpy==2.4.6 scikit-learn==1.9.1
    python precision.py > precision.json
"""
import contextlib
import json
import sys

import numpy as np
from prdc import compute_prdc

cases = []
for seed, n, m, d, k, shift, scale in [
    (1, 60, 50, 2, 5, 0.0, 1.0),
    (2, 40, 70, 2, 5, 1.5, 0.6),
    (3, 50, 45, 3, 3, 0.5, 2.0),
    (4, 30, 30, 1, 1, 0.3, 1.0),
]:
    rng = np.random.default_rng(seed)
    real = np.round(rng.normal(size=(n, d)), 6)
    fake = np.round(shift + scale * rng.normal(size=(m, d)), 6)
    assert len(np.unique(real, axis=0)) == n and len(np.unique(fake, axis=0)) == m
    with contextlib.redirect_stdout(sys.stderr):
        values = compute_prdc(real, fake, k)
    cases.append(dict(k=k, **{name: float(v) for name, v in values.items()}, real=real.tolist(), fake=fake.tolist()))
print('{"made": "prdc 0.2, by precision.py", "cases": [')
print(",\n".join(json.dumps(case) for case in cases))
print("]}")
