#!/usr/bin/env bash
# safetensors.numpy stores a transposed or sliced array with its values in the wrong places.
#
# Expected: load(save({"a": x})) equals x for every array, as numpy.save does, or an error, as safetensors.torch raises for a
# tensor that is not contiguous. Seen: the shape is that of the view, the values are those of the memory behind it, in its order;
# there is no error and no warning. The documentation of save says that tensors need to be contiguous, but nothing
# checks it. 0.5.3 stored the values of the view, so that a program which was right became wrong by an upgrade (github.com/safetensors/safetensors, issue 825, open since
# August 2026).
# Why it matters: weights are often kept as x.T, which is such a view; the file is valid and every reader gets wrong weights.
# Remedy: numpy.ascontiguousarray before save.
# Versions: safetensors 0.8.0 against 0.5.3, numpy 2.4.6. Checked 2026-11-28.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat > check.py <<'P'
import sys, numpy, safetensors, safetensors.numpy as sn
x = numpy.arange(6, dtype=numpy.float32).reshape(2, 3)
right = {name: bool((sn.load(sn.save({"a": a}))["a"] == a).all()) for name, a in {"x": x, "x.T": x.T, "x[:, 1:]": x[:, 1:]}.items()}
print("safetensors", safetensors.__version__, "numpy", numpy.__version__, "came back equal:", right)
print("x.T is", x.T.tolist(), "and comes back as", sn.load(sn.save({"a": x.T}))["a"].tolist())
sys.exit(list(right.values()) != [True] + [sys.argv[1] == "right"] * 2)
P
for version in 0.5.3 0.8.0; do
	python3 -m venv "v$version"
	"v$version/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 "safetensors==$version"
done
v0.5.3/bin/python check.py right
v0.8.0/bin/python check.py wrong
