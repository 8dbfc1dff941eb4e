#!/usr/bin/env bash
# In PyTorch, asking for more normal numbers with the same seed changes some of those before.
#
# Expected: torch.manual_seed(0); torch.randn(n) begins with the numbers of a smaller n, as torch.rand does, and as NumPy's and JAX's normals
# do. Seen on a CPU: randn(15) and randn(16) have no number in common, and from 16 on the last 16 are made anew where n is not
# a multiple of 16, so that randn(17) has one of randn(16), and 1001 have 998 of 1000. The notes on reproducibility speak of
# releases, platforms and devices, not of sizes.
# Why it matters: 1001 samples of a model do not contain the 1000 that were measured before, which a test of equal
# prefixes or a cache of noise assumes; rows of a batch depend on the size of the batch.
# Versions: torch 2.15.0. Checked 2026-11-28.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check torch==2.15.0 numpy==2.4.6
venv/bin/python - <<'P'
import sys, torch
print("torch", torch.__version__)
def of(f, n):
    torch.manual_seed(0)
    return f(n)
kept = {}
for f in (torch.rand, torch.randn):
    for a, b in ((8, 9), (15, 16), (16, 17), (1000, 1001)):
        kept[f.__name__, a] = int((of(f, a) == of(f, b)[:a]).sum())
        print(f"{f.__name__}({b}) has {kept[f.__name__, a]} of the {a} numbers of {f.__name__}({a}) in their places")
sys.exit([kept[k] for k in sorted(kept)] != [8, 15, 16, 1000, 8, 0, 1, 998])
P
