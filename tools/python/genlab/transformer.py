"""The blocks of a transformer, and what is sampled from its logits."""

import numpy as np

from .network import activations


class Blocks:
    """The embeddings, blocks and final normalisation of a transformer, with the EMA weights of a run."""

    causal = True  # whether a position attends only to itself and those before it

    def __init__(self, checkpoint, tensors, config):
        self.w = {name[4:]: t.astype(np.float64) for name, t in tensors.items() if name.startswith("ema/")}
        self.config, self.eps = config, checkpoint.constants["norm_eps"]
        self.act = activations(checkpoint.constants["leaky_slope"])[config["activation"] or "gelu"][0]
        self.blocks, self.heads = config["layers"], config["heads"]

    def norm(self, x, name):
        x = x - x.mean(axis=-1, keepdims=True)
        x = x / np.sqrt((x ** 2).mean(axis=-1, keepdims=True) + self.eps)
        return x * (1 + self.w[name + ".gain"]) + self.w[name + ".bias"]

    def dense(self, x, name):
        return x @ self.w[name + ".weight"] + self.w[name + ".bias"]

    def states(self, tokens):
        """The normalised states of every position: n x length -> n x length x hidden."""
        n, length = tokens.shape
        x = self.w["token"][tokens] + self.w["position"][:length]
        mask = np.triu(np.full((length, length), -np.inf), 1) if self.causal else 0
        for i in range(1, self.blocks + 1):
            b = f"block{i}."
            q, k, v = (part.reshape(n, length, self.heads, -1).transpose(0, 2, 1, 3)
                       for part in np.split(self.dense(self.norm(x, b + "norm1"), b + "attention"), 3, axis=2))
            a = q @ k.transpose(0, 1, 3, 2) / np.sqrt(q.shape[3]) + mask
            a = np.exp(a - a.max(axis=3, keepdims=True))
            mixed = (a / a.sum(axis=3, keepdims=True) @ v).transpose(0, 2, 1, 3).reshape(n, length, -1)
            x = x + self.dense(mixed, b + "projection")
            x = x + self.dense(self.act(self.dense(self.norm(x, b + "norm2"), b + "widen")), b + "narrow")
        return self.norm(x, "norm")


class Alphabet:
    """The characters of a text by their indices; one index more is that of all other characters of Unicode."""

    def __init__(self, tensors):
        self.characters = [chr(int(v)) for v in tensors["alphabet/characters"]]
        self.index = {c: i for i, c in enumerate(self.characters)}
        self.log_unknown = np.log(0x10FFFF + 1 - 2048 - len(self.characters))  # the class is uniform over them

    def __len__(self):
        return len(self.characters)

    def indices(self, text):
        """The indices of a text to be scored."""
        if not isinstance(text, str):
            raise ValueError("this run is a model of text: it scores a str")
        return np.array([self.index.get(c, len(self)) for c in text], int)

    def encode(self, text):
        """The indices of a prompt, whose characters are all of the alphabet."""
        for at, c in enumerate(text, 1):
            if c not in self.index:
                raise ValueError(f"character {at} of the prompt, {c!r}, is not in the alphabet of the training text: {''.join(self.characters)!r}")
        return [self.index[c] for c in text]

    def decode(self, ids):
        return "".join(self.characters[i] for i in ids)


def log_softmax(logits):
    top = logits - logits.max(axis=-1, keepdims=True)
    return top - np.log(np.exp(top).sum(axis=-1, keepdims=True))
