#!/usr/bin/env bash
# JAX in bfloat16 on a CPU multiplies in float32 and rounds after every elementwise step, so that it is slower than float32.
#
# Expected: on a CPU with AVX512-BF16, jit of silu(a @ w) in bfloat16 multiplies bfloat16 with float32 sums at up to twice the float32 rate,
# as PyTorch does there, and computes the fused SiLU in float32 with one rounding at its end. Seen, in the compiled program: both factors are
# converted to float32 before a float32 product, and its result back; inside the one fused loop of SiLU the result of every step, negation,
# exponential, addition, division and product, is rounded to bfloat16. A third of the values of silu on [-8, 8] are not the nearest bfloat16.
# DDPM sampling by a network of width 128 took 7.7 s instead of float32's 4.3 on one AVX512-BF16 core, where PyTorch took 3.3 instead of 7.5.
# Why it matters: "bf16 is faster" does not carry over to XLA's CPU backend: keep float32 there, or round only where memory is to be saved.
# Versions: jax 0.10.2. Checked 2026-11-28.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check jax==0.10.2 numpy==2.4.6
JAX_PLATFORMS=cpu venv/bin/python - <<'P'
import re, sys, jax, jax.numpy as jnp, numpy as np
bf16 = "avx512_bf16" in open("/proc/cpuinfo").read()
print("jax", jax.__version__, "on a CPU", "with" if bf16 else "without", "AVX512-BF16")
f = jax.jit(lambda a, w: jax.nn.silu(a @ w))
text = f.lower(jnp.ones((256, 128), jnp.bfloat16), jnp.ones((128, 128), jnp.bfloat16)).compile().as_text()
dots = re.findall(r"= (\w+)\[[^=]*? dot\(", text)
rounded = len(re.findall(r"= bf16\[[^=]*? convert\(", text))
print("products are of", dots, "-", rounded, "conversions to bf16")
x = jnp.arange(-8, 8, 1 / 64, dtype=jnp.float32).astype(jnp.bfloat16)
once = jax.nn.silu(x.astype(jnp.float32)).astype(jnp.bfloat16)
wrong = float(np.mean(np.asarray(jax.jit(jax.nn.silu)(x) != once)))
print(f"{wrong:.0%} of the values of silu are not the nearest bfloat16")
sys.exit(not (dots == ["f32"] and rounded >= 6 and wrong > 0.1))
P
