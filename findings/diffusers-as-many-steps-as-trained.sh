#!/usr/bin/env bash
# The multistep solvers of diffusers return NaN for as many steps as the model was trained with.
#
# Expected: set_timesteps(1000) of DPMSolverMultistepScheduler, UniPCMultistepScheduler and DEISMultistepScheduler, with all settings at their
# defaults (1000 training steps, spacing "linspace"), gives 1000 different timesteps, and samples as near to the limit as
# with 999. Seen: 1001 numbers evenly spaced from 0 to 999 are rounded to integers, so that one of them comes twice, and the step between
# equals divides 0 by 0: every sample is NaN. EulerDiscreteScheduler has no such step.
# Duplicates of another kind were mended by pull request 2969 in 2023 (github.com/huggingface/diffusers).
# Why it matters: "as many steps as in training" is the reference that fewer steps are compared with.
# Remedy: timestep_spacing="trailing", or 999 steps.
# Versions: diffusers 0.42.1, torch 2.15.0. Checked 2026-11-28.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check diffusers==0.42.1 torch==2.15.0 numpy==2.4.6
venv/bin/python - <<'P'
import sys, diffusers, torch
print("diffusers", diffusers.__version__, "torch", torch.__version__)
diffusers.logging.set_verbosity_error()
def run(name, steps, **settings):
    s = getattr(diffusers, name)(**settings)
    s.set_timesteps(steps)
    x = torch.ones(1, 1, 2, 2)
    for t in s.timesteps:
        x = s.step(0.1 * torch.ones_like(x), t, x).prev_sample
    different = len(torch.unique(s.timesteps))
    print(f"{name}, {steps} steps {settings or ''}: {different} different timesteps, sample {x.flatten()[0]:.4g}")
    return bool(x.isnan().any())
multistep = ("DPMSolverMultistepScheduler", "UniPCMultistepScheduler", "DEISMultistepScheduler")
nan = [run(name, 1000) for name in multistep]
fine = [run(name, 999) for name in multistep] + [run(name, 1000, timestep_spacing="trailing") for name in multistep]
sys.exit(not all(nan) or any(fine))
P
