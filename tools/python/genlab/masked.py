"""Masked diffusion of text: samples by any order and number of steps, and the evidence lower bound."""

import math

import numpy as np

from .checkpoint import NoDensityError
from .transformer import Alphabet, Blocks, log_softmax

EVALUATED = 512  # windows in memory at a time
GOLDEN = 0.6180339887498949  # the fraction of a sequence of low discrepancy


class MaskedText(Blocks):
    classes = dim = 0
    causal = False

    def __init__(self, checkpoint, tensors):
        super().__init__(checkpoint, tensors, checkpoint.config)
        self.alphabet, self.context, self.block = Alphabet(tensors), self.config["context"], self.config["block"]
        self.symbols = len(self.alphabet)
        self.mask = self.symbols + 1  # the index of unknown characters is before it

    def logits(self, tokens):
        """The logits of the characters, and of the class of unknown ones, at every position: n x context -> n x context x symbols + 1."""
        return self.dense(self.states(tokens), "head")

    def conditionals(self, tokens):
        """log p of each class at each position given the visible characters of windows, n x context."""
        return log_softmax(self.logits(tokens))

    # Sampling.

    def sample(self, n, stream, prompt="", nfe=None, order=None, temperature=None):
        """The n characters after a prompt. nfe is the number of steps for each block, 0 for one character at a time."""
        c = self.config
        order = c["order"] if order is None else order
        if order not in ("random", "left-to-right", "confident"):
            raise ValueError(f"order is {order!r}, but must be random, left-to-right or confident")
        steps = c["unmasking"] if nfe is None else nfe
        if not 0 <= steps <= self.block:
            raise ValueError(f"nfe is {steps}, but must be 1 to {self.block}, the characters of a block, or 0 for one character at a time")
        temperature = c["temperature"] if temperature is None else temperature
        if not 0 <= temperature < math.inf:
            raise ValueError(f"temperature is {temperature}, but must be at least 0")
        ids = self.alphabet.encode(prompt)
        begin = len(ids)
        while len(ids) < begin + n:
            seen = ids[max(0, len(ids) - (self.context - self.block)):]
            window = np.array(seen + [self.mask] * (self.context - len(seen)))
            self._fill(window, len(seen), steps, order, temperature, stream)
            ids += window[len(seen):].tolist()
        return self.alphabet.decode(ids[begin:begin + n])

    def _fill(self, window, lo, steps, order, temperature, stream):
        """Replaces the masked characters of a window, those from lo on."""
        size = self.context - lo
        masked = choose(lo, self.context, size, stream)
        if order == "left-to-right":
            masked = sorted(masked)
        for _, revealed in stages(size, -(-steps * size // self.block)):
            log_p = self.conditionals(window[None])[0, :, :self.symbols]
            proposals = []
            for p in masked if order == "confident" else masked[:revealed]:
                symbol = propose(log_p[p], temperature, float(stream.uniform(1)[0]))
                proposals.append((p, symbol, log_p[p, symbol]))
            if order == "confident":
                proposals.sort(key=lambda q: -q[2])
            for p, symbol, _ in proposals[:revealed]:
                window[p] = symbol
            masked = [p for p in masked if window[p] == self.mask]

    # The bound.

    def _spans(self, ids):
        """The blocks of a text: the window of each, where the block is in it, and its place in the text."""
        length, n = self.context, len(ids)
        if n == 0:
            return
        yield np.append(ids[:length], np.full(max(0, length - n), self.mask)), 0, min(length, n), 0
        for at in range(length, n, self.block):
            size = min(self.block, n - at)
            yield ids[at + size - length:at + size], length - size, length, at

    def log_bound(self, text, stream, samples=1, steps=0):
        """A value for each character, whose sum is an estimate of a lower bound on log p of the text, in nats: that of revealing one character at a time
        in random order, or of so many steps for each block. samples is the number of masks for each block."""
        ids = self.alphabet.indices(text)
        out, draws = np.zeros(len(ids)), []

        def flush():
            windows = np.array([window for window, *_ in draws])
            for (window, masked, *_), place in zip(draws, windows):
                place[masked] = self.mask
            log_p = self.conditionals(windows)
            for (window, masked, offset, weight), own in zip(draws, log_p):
                out[np.array(masked) + offset] += weight * own[masked, window[masked]]
            draws.clear()

        shift = float(stream.uniform(1)[0])
        for i, (window, lo, hi, at) in enumerate(self._spans(ids)):
            plan = stages(hi - lo, steps)
            for k in range(samples):  # strata over the samples and the blocks
                u = math.fmod((k + math.fmod(shift + i * GOLDEN, 1)) / samples, 1)
                hidden, revealed = plan[min(int(u * len(plan)), len(plan) - 1)]
                draws.append((window, choose(lo, hi, hidden, stream), at - lo, len(plan) * revealed / hidden / samples))
                if len(draws) == EVALUATED:
                    flush()
        if draws:
            flush()
        return out - np.where(ids == self.symbols, self.alphabet.log_unknown, 0)

    def log_prob(self, text, labels=None):
        raise NoDensityError("masked diffusion has a lower bound on log p of a text, not log p: use run.log_bound(text)")


def stages(size, steps):
    """The numbers of masked and of revealed characters in each step of revealing so many; 0 steps for one at a time."""
    if steps == 0 or steps > size:
        steps = size
    return [(size - j * size // steps, (j + 1) * size // steps - j * size // steps) for j in range(steps)]


def choose(lo, hi, n, stream):
    """A uniform subset of n positions, in random order."""
    every = list(range(lo, hi))
    for i in range(n):
        j = i + int(stream.integers(len(every) - i, 1)[0])
        every[i], every[j] = every[j], every[i]
    return every[:n]


def propose(log_p, temperature, u):
    """The symbol at the quantile u of softmax(log_p / temperature)."""
    best = int(log_p.argmax())
    if temperature == 0:
        return best
    edges = np.cumsum(np.exp((log_p - log_p[best]) / temperature))
    at = int(np.searchsorted(edges, u * edges[-1], side="right"))
    return at if at < len(edges) else best
