#!/usr/bin/env bash
# FlowMatchEulerDiscreteScheduler of diffusers shifts the end of its schedule twice.
#
# Expected: a schedule of as many steps as there are training levels has the noise levels of the training, which the scheduler has before
# set_timesteps, s(u) = shift u / (1 + (shift - 1) u) for u = 1, 0.999, ..., 0.001. Seen with shift 3: the last level before 0 is 0.0089, that is s(s(0.001)), where the
# training has s(0.001) = 0.003; of any number of steps. set_timesteps takes an even grid down to the smallest level, which is shifted
# already, and shifts the grid.
# Known: github.com/huggingface/diffusers, issue 13243, open since March 2026.
# Why it matters: the last step jumps from three times the level that the model knows (s is steep there: with shift 12, from ten times) to 0, and a
# sampler of one's own with the levels of the paper disagrees with it by a little, everywhere.
# Versions: diffusers 0.42.1, torch 2.15.0. Checked 2026-11-28.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check diffusers==0.42.1 torch==2.15.0 numpy==2.4.6
venv/bin/python - <<'P'
import sys, diffusers, torch
from diffusers import FlowMatchEulerDiscreteScheduler
print("diffusers", diffusers.__version__, "torch", torch.__version__)
same = True
for shift in (1.0, 3.0, 12.0):
    s = FlowMatchEulerDiscreteScheduler(shift=shift)
    trained = s.sigmas[-1].item()
    ends = []
    for steps in (1000, 4):
        s.set_timesteps(steps)
        ends.append(s.sigmas[-2].item())
    twice = shift * trained / (1 + (shift - 1) * trained)
    print(f"shift {shift}: least level of the training {trained:.5f}; of 1000 steps {ends[0]:.5f}, of 4 {ends[1]:.5f}; shifted once more {twice:.5f}")
    same = same and all(abs(e - twice) < 1e-5 for e in ends)
sys.exit(not same)
P
