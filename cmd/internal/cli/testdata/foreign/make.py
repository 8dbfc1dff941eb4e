"""Writes samples.npy and logp.npy: a model of another program, in the layouts that NumPy and PyTorch write.

The model is one Gaussian, N(0, 2.5^2 I), on 8gaussians. It prints the expected KL(q||p).
"""
import numpy as np

n, sigma = 500, 2.5
x = (sigma * np.random.default_rng(1).standard_normal((n, 2))).astype("<f4")
np.save("samples.npy", np.asfortranarray(x))
x = x.astype(np.float64)
logq = -(x**2).sum(1) / (2 * sigma**2) - np.log(2 * np.pi * sigma**2)
np.save("logp.npy", logq.astype("<f4"))

angle = 2 * np.pi * np.arange(8) / 8
centre, s = 4 / 1.414 * np.stack([np.cos(angle), np.sin(angle)], 1), 0.5 / 1.414
square = ((x[:, None] - centre) ** 2).sum(2) / (2 * s**2)
least = square.min(1)
logp = np.log(np.exp(least[:, None] - square).mean(1)) - least - np.log(2 * np.pi * s**2)
kl = logq.astype("<f4").astype(np.float64) - logp
print(f"kl_reverse {kl.mean():.9f} se {kl.std(ddof=1) / np.sqrt(n):.9f}")
