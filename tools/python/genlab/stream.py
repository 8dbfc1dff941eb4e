"""The random streams of genlab, so that a sample of a seed has the points of `genlab sample --seed`.

Stream(seed, purpose) is Go's math/rand/v2 PCG (DXSM output), seeded by the seed and the FNV-1a hash of the purpose, with
Go's ziggurat for normal numbers. Numbers are computed in blocks by jumping ahead.
"""

import math

import numpy as np

U64, MASK = np.uint64, (1 << 64) - 1
MULTIPLIER = 2549297995355413924 << 64 | 4865540595714422341
INCREMENT = 6364136223846793005 << 64 | 1442695040888963407
BLOCK = 1 << 12


def _halves(values):
    return np.array([v >> 64 for v in values], U64), np.array([v & MASK for v in values], U64)


def _jumps():
    """Multipliers and increments of 1, 2, ... BLOCK steps of the linear congruential generator."""
    a, c, m, k = [], [], 1, 0
    for _ in range(BLOCK):
        m, k = m * MULTIPLIER % (1 << 128), (k * MULTIPLIER + INCREMENT) % (1 << 128)
        a.append(m)
        c.append(k)
    return _halves(a), _halves(c)


_JUMPS = _jumps()


def _multiply(a, b):
    """The 128-bit product of uint64 arrays, as high and low words."""
    low, shift = U64(0xFFFFFFFF), U64(32)
    a0, a1, b0, b1 = a & low, a >> shift, b & low, b >> shift
    p00, p01, p10, p11 = a0 * b0, a0 * b1, a1 * b0, a1 * b1
    middle = (p00 >> shift) + (p01 & low) + (p10 & low)
    return p11 + (p01 >> shift) + (p10 >> shift) + (middle >> shift), (p00 & low) | (middle << shift)


def _ziggurat():
    """The tables of Marsaglia and Tsang for 128 strips."""
    k, w, f = np.zeros(128, np.uint32), np.zeros(128, np.float32), np.zeros(128, np.float32)
    m, d, v = 2147483648.0, 3.442619855899, 9.91256303526217e-3
    t, q = d, v / math.exp(-0.5 * d * d)
    k[0], k[1] = int(d / q * m), 0
    w[0], w[127] = q / m, d / m
    f[0], f[127] = 1, math.exp(-0.5 * d * d)
    for i in range(126, 0, -1):
        d = math.sqrt(-2 * math.log(v / d + math.exp(-0.5 * d * d)))
        k[i + 1] = int(d / t * m)
        t = d
        f[i], w[i] = math.exp(-0.5 * d * d), d / m
    return k, w, f


_K, _W, _F = _ziggurat()
_R = 3.442619855899


class Stream:
    def __init__(self, seed, purpose):
        """The stream of a seed for a purpose; a number as purpose is the low half of the state itself."""
        low = purpose
        if isinstance(purpose, str):
            low = 14695981039346656037
            for byte in purpose.encode():
                low = (low ^ byte) * 1099511628211 & MASK
        self.state = (int(seed) & MASK) << 64 | low
        self.words, self.at = np.empty(0, U64), 0

    def _refill(self):
        (ahi, alo), (chi, clo) = _JUMPS
        hi, lo = U64(self.state >> 64), U64(self.state & MASK)
        with np.errstate(over="ignore"):
            phi, plo = _multiply(alo, lo)
            phi = phi + ahi * lo + alo * hi
            slo = plo + clo
            shi = phi + chi + (slo < plo).astype(U64)
            self.state = int(shi[-1]) << 64 | int(slo[-1])
            out = (shi ^ (shi >> U64(32))) * U64(0xDA942042E4DD58B5)
            out = (out ^ (out >> U64(48))) * (slo | U64(1))
        self.words, self.at = np.concatenate([self.words[self.at:], out]), 0

    def peek(self, n):
        """The next n words, which stay to be taken."""
        while len(self.words) - self.at < n:
            self._refill()
        return self.words[self.at:self.at + n]

    def uint64(self):
        v = self.peek(1)[0]
        self.at += 1
        return int(v)

    def uniform(self, *shape):
        """Uniform numbers in [0, 1)."""
        n = math.prod(shape)
        v = self.peek(n) & U64((1 << 53) - 1)
        self.at += n
        return (v.astype(np.float64) / (1 << 53)).reshape(shape)

    def integers(self, n, count):
        """count integers below n."""
        if n & (n - 1) == 0:
            v = self.peek(count) & U64(n - 1)
            self.at += count
            return v.astype(np.int64)
        out = []
        while len(out) < count:
            product = self.uint64() * n
            if product & MASK < n:
                limit = (1 << 64) % n
                while product & MASK < limit:
                    product = self.uint64() * n
            out.append(product >> 64)
        return np.array(out, np.int64)

    def normal(self, *shape):
        """Standard normal numbers."""
        n = math.prod(shape)
        parts, left = [], n
        while left > 0:
            u = self.peek(min(left, BLOCK))
            j = (u & U64(0xFFFFFFFF)).astype(np.uint32).view(np.int32).astype(np.int64)
            i = (u >> U64(32) & U64(0x7F)).astype(np.int64)
            fast = np.abs(j) < _K[i]
            take = len(u) if fast.all() else int(np.argmin(fast))
            # Most numbers take the fast path; the first that does not is computed alone.
            parts.append(j[:take] * _W[i[:take]].astype(np.float64))
            self.at += take
            left -= take
            if take < len(u):
                parts.append(np.array([self._slow()]))
                left -= 1
        return np.concatenate(parts).reshape(shape) if parts else np.empty(shape)

    def _slow(self):
        while True:
            u = self.uint64()
            j = (u & 0xFFFFFFFF) - ((u & 0x80000000) << 1)
            i = u >> 32 & 0x7F
            x = j * float(_W[i])
            if abs(j) < _K[i]:
                return x
            if i == 0:
                while True:
                    x = -math.log(float(self.uniform(1)[0])) / _R
                    y = -math.log(float(self.uniform(1)[0]))
                    if y + y >= x * x:
                        break
                return _R + x if j > 0 else -_R - x
            between = np.float32(self.uniform(1)[0]) * (_F[i - 1] - _F[i]) + _F[i]
            if between < np.float32(math.exp(-0.5 * x * x)):
                return x
