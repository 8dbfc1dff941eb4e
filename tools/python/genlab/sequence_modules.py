"""Transformers as torch modules."""

from torch import nn, no_grad
from torch.nn import functional as F

from .layers import ACTIVATIONS, linear, tensor


class Transformer(nn.Module):
    def __init__(self, of):
        super().__init__()
        w, d = of.w, of.w["token"].shape[1]
        self.heads, self.symbols, self.causal = of.heads, of.symbols, of.causal
        self.token, self.position = (nn.Embedding.from_pretrained(tensor(w[k]), freeze=False) for k in ("token", "position"))

        def norm(name):
            layer = nn.LayerNorm(d, eps=of.eps)
            with no_grad():
                layer.weight.copy_(1 + tensor(w[name + ".gain"][0]))  # stored less one
                layer.bias.copy_(tensor(w[name + ".bias"][0]))
            return layer

        def dense(name):
            return linear(w[name + ".weight"], w[name + ".bias"])

        self.blocks = nn.ModuleList()
        for i in range(1, of.blocks + 1):
            b = f"block{i}."
            self.blocks.append(nn.ModuleDict({
                "norm1": norm(b + "norm1"), "attention": dense(b + "attention"), "projection": dense(b + "projection"),
                "norm2": norm(b + "norm2"), "widen": dense(b + "widen"), "narrow": dense(b + "narrow")}))
        self.act = ACTIVATIONS[of.config["activation"] or "gelu"]()
        self.norm = norm("norm")
        self.head = linear(of.head.T) if of.causal else dense("head")

    def forward(self, tokens):
        """The logits (n x length x symbols) of the next symbol after tokens (n x length), the start token first; of masked diffusion those of the symbol at every position."""
        n, length = tokens.shape
        x = self.token(tokens) + self.position.weight[:length]
        for b in self.blocks:
            q, k, v = (p.reshape(n, length, self.heads, -1).transpose(1, 2) for p in b["attention"](b["norm1"](x)).chunk(3, dim=2))
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
            x = x + b["projection"](mixed.transpose(1, 2).reshape(n, length, -1))
            x = x + b["narrow"](self.act(b["widen"](b["norm2"](x))))
        return self.head(self.norm(x))
