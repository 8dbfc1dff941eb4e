"""Causal transformers over the digits of a point, or over the characters of a text."""

import numpy as np

from .checkpoint import exact
from .transformer import Alphabet, Blocks, log_softmax


class Transformer(Blocks):
    unknown = 0  # classes of unknown symbols

    def __init__(self, checkpoint, tensors, config=None):
        super().__init__(checkpoint, tensors, config or checkpoint.config)
        self.symbols = self.w["token"].shape[0] - 1  # the last row is the start token
        # A tied head is the token embedding; the row of the start token is, for text, the class of unknown characters.
        self.head = self.w["token"][:self.symbols + self.unknown] if self.config["tied"] else self.w["head"]

    def logits(self, tokens):
        """The logits of the next symbol at every position: n x length -> n x length x symbols."""
        return self.states(tokens) @ self.head.T

    def start(self, tokens):
        """Tokens with the start token before them."""
        return np.concatenate([np.full((len(tokens), 1), self.symbols), tokens], axis=1)


def pick(logits, u, temperature=1.0, top_k=0):
    """The symbols at the quantiles u of softmax(logits / temperature) among the top k."""
    if temperature == 0 or top_k == 1:
        return logits.argmax(axis=1)
    if 0 < top_k < logits.shape[1]:
        order = np.argsort(-logits, axis=1, kind="stable")
        logits = logits.copy()
        np.put_along_axis(logits, order[:, top_k:], -np.inf, axis=1)
    weights = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    edges = np.cumsum(weights, axis=1)
    return np.minimum((edges <= u[:, None] * edges[:, -1:]).sum(axis=1), logits.shape[1] - 1)


class Axis:
    """The bins of an axis: equal ones in the bulk, growing ones in the tails beside it."""

    def __init__(self, lo, hi, bulk_lo, bulk_hi, n, constants):
        share, least = constants["tail_share"], constants["tail_least_bins"]
        unit, bins = (bulk_hi - bulk_lo) / share, max(1, n // int(share))
        below = lo < bulk_lo - unit and n >= least
        above = hi > bulk_hi + unit and n >= least
        self.lo, self.hi = bulk_lo if below else lo, bulk_hi if above else hi

        def distances(length):
            u = max(unit, length * 1e-200)
            return np.append(u * np.expm1(np.arange(bins) / bins * np.log1p(length / u)), length)

        parts = []
        if below:
            parts.append(np.append(lo, (bulk_lo - distances(bulk_lo - lo))[:-1][::-1]))
        self.bulk = n - bins * (below + above)
        self.offset = bins if below else 0
        step = (self.hi - self.lo) / self.bulk
        inner = self.lo + np.arange(self.bulk + 1) * step
        inner[-1] = self.hi
        edges = inner
        if below:
            edges = np.concatenate([parts[0][:-1], edges])
        if above:
            outer = bulk_hi + distances(hi - bulk_hi)
            outer[-1] = hi
            edges = np.concatenate([edges, outer[1:]])
        self.edges = edges
        self.width = np.diff(edges)
        self.width[self.offset:self.offset + self.bulk] = step
        self.least, self.most = lo, hi

    def bin(self, v):
        k = self.offset + np.clip(np.floor((v - self.lo) / (self.hi - self.lo) * self.bulk), 0, self.bulk - 1).astype(int)
        tail = np.clip(np.searchsorted(self.edges, v, side="right") - 1, 0, len(self.width) - 1)
        return np.where((v < self.lo) | (v >= self.hi), tail, k)

    def at(self, k, u):
        lo = self.edges[k]
        bulk = (k >= self.offset) & (k < self.offset + self.bulk)
        step = (self.hi - self.lo) / self.bulk
        return np.where(bulk, np.minimum(self.hi, self.lo + (k - self.offset + u) * step), np.minimum(self.edges[k + 1], lo + u * self.width[k]))


class Points(Transformer):
    classes, dim = 0, 2

    def __init__(self, checkpoint, tensors):
        super().__init__(checkpoint, tensors)
        edges = tensors["box/edges"].astype(np.float64).cumsum(axis=1)[:, -1]  # sums of three float32
        if "box/exact" in tensors:
            edges = exact(tensors["box/exact"])
        bulk = exact(tensors["box/bulk"]) if "box/bulk" in tensors else edges
        self.base, self.digits = self.config["base"], self.config["digits"]
        n = self.base ** self.digits
        self.axes = [Axis(edges[2 * i], edges[2 * i + 1], bulk[2 * i], bulk[2 * i + 1], n, checkpoint.constants) for i in range(2)]

    def position(self, axis, k):
        """The place in the sequence of digit k of an axis; digit 0 is the most significant."""
        return 2 * k + axis if self.config["interleaved"] else axis * self.digits + k

    def encode(self, i, j):
        tokens = np.empty((len(i), 2 * self.digits), int)
        for axis, v in enumerate((i, j)):
            for k in reversed(range(self.digits)):
                tokens[:, self.position(axis, k)] = v % self.base
                v = v // self.base
        return tokens

    def log_prob(self, x, labels=None):
        x = np.asarray(x, float)
        if x.ndim != 2 or x.shape[1] != 2:
            raise ValueError(f"points of shape {x.shape} for a model of 2 coordinates: want (n, 2)")
        inside = np.ones(len(x), bool)
        for axis, v in zip(self.axes, x.T):
            inside &= (v >= axis.least) & (v <= axis.most)
        out = np.where(np.isnan(x).any(axis=1), np.nan, -np.inf)
        i, j = (axis.bin(v) for axis, v in zip(self.axes, x[inside].T))
        tokens = self.encode(i, j)
        log_p = np.zeros(len(tokens))
        for lo in range(0, len(tokens), 1024):
            part = tokens[lo:lo + 1024]
            logits = log_softmax(self.logits(self.start(part)[:, :-1]))
            log_p[lo:lo + 1024] = np.take_along_axis(logits, part[:, :, None], axis=2).sum(axis=(1, 2))
        out[inside] = log_p - np.log(self.axes[0].width[i]) - np.log(self.axes[1].width[j])
        return out

    def decode(self, u, within):
        """Samples from uniform numbers: n x 2 digits for the digits, n x 2 for the place in the cell."""
        n, length = u.shape
        tokens = np.empty((n, 0), int)
        for k in range(length):
            logits = self.logits(self.start(tokens))[:, -1]
            tokens = np.append(tokens, pick(logits, u[:, k])[:, None], axis=1)
        x = np.empty((n, 2))
        for axis in range(2):
            cell = np.zeros(n, int)
            for k in range(self.digits):
                cell = cell * self.base + tokens[:, self.position(axis, k)]
            x[:, axis] = self.axes[axis].at(cell, within[:, axis])
        return x

    def sample(self, n, stream):
        u = stream.uniform(n, 2 * self.digits)
        return self.decode(u, stream.uniform(n, 2))


class Text(Transformer):
    classes = dim = 0
    unknown = 1

    def __init__(self, checkpoint, tensors):
        super().__init__(checkpoint, tensors)
        self.alphabet = Alphabet(tensors)
        self.context = self.w["position"].shape[0] - 1

    def window(self, i):
        """Where the context of character i begins."""
        if i <= self.context:
            return 0
        hop = max(1, self.context // 2)
        return (i - self.context + hop - 1) // hop * hop

    def log_prob(self, text, labels=None):
        """log p of each character given those before it, in nats."""
        ids = self.alphabet.indices(text)
        unknown = np.where(ids == self.symbols, self.alphabet.log_unknown, 0)
        out, begin = np.empty(len(ids)), 0
        while begin < len(ids):
            of = [i for i in range(begin, min(len(ids), begin + self.context + 1)) if self.window(i) == begin]
            part = self.start(ids[None, begin:begin + self.context + 1])[:, :self.context + 1]
            logits = log_softmax(self.logits(part))[0]
            for i in of:
                out[i] = logits[i - begin, ids[i]]
            if of[-1] + 1 >= len(ids):
                break
            begin = self.window(of[-1] + 1)
        return out - unknown

    def sample(self, n, stream, prompt=""):
        """The n characters after a prompt."""
        ids = self.alphabet.encode(prompt)
        begun = len(ids)
        for _ in range(n):
            begin = self.window(len(ids))
            logits = self.logits(self.start(np.array([ids[begin:]], int)))[:, -1, :self.symbols]
            ids.append(int(pick(logits, stream.uniform(1), self.config["temperature"], self.config["top-k"])[0]))
        return self.alphabet.decode(ids[begun:])
