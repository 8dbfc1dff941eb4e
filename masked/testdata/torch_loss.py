"""Writes torch_loss.json: the loss of masked diffusion by PyTorch, for masked_test.go.

The network is torch.nn.TransformerEncoderLayer (pre-norm, GELU in its tanh form) between embeddings and a linear layer. The loss
is the continuous-time negative ELBO of masked diffusion in its form for a given number of masked tokens, L/M times the sum of
the cross-entropies of the masked tokens, in nats per token, by torch.nn.functional.cross_entropy. Gradients are those of autograd.

    python torch_loss.py   # torch 2.x, on a CPU
"""
import json

import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
context, hidden, heads, classes = 6, 8, 2, 4
mask = classes

token, position = nn.Embedding(classes + 1, hidden), nn.Embedding(context, hidden)
layer = nn.TransformerEncoderLayer(hidden, heads, 4 * hidden, dropout=0, activation=lambda x: F.gelu(x, approximate="tanh"), batch_first=True, norm_first=True)
final, head = nn.LayerNorm(hidden), nn.Linear(hidden, classes)
for p in [*layer.parameters(), *final.parameters()]:
    p.data += 0.3 * torch.randn_like(p)

x = torch.randint(0, classes, (5, context))
masked = torch.zeros(5, context, dtype=torch.bool)
for row, count in zip(masked, [1, 2, 3, 6, 2]):
    row[torch.randperm(context)[:count]] = True
symbols = torch.where(masked, mask, x)
logits = head(final(layer(token(symbols) + position.weight)))
loss = 0
for i in range(len(x)):
    m = masked[i]
    loss = loss + context / m.sum() * F.cross_entropy(logits[i][m], x[i][m], reduction="sum")
loss = loss / x.numel()

# Names and layouts of the project: a weight is in x out, and the gain of a norm is stored minus one.
a = layer.self_attn
parameters = {
    "token": token.weight, "position": position.weight,
    "block1.norm1.gain": (layer.norm1.weight, "gain"), "block1.norm1.bias": layer.norm1.bias,
    "block1.attention.weight": (a.in_proj_weight, "T"), "block1.attention.bias": a.in_proj_bias,
    "block1.projection.weight": (a.out_proj.weight, "T"), "block1.projection.bias": a.out_proj.bias,
    "block1.norm2.gain": (layer.norm2.weight, "gain"), "block1.norm2.bias": layer.norm2.bias,
    "block1.widen.weight": (layer.linear1.weight, "T"), "block1.widen.bias": layer.linear1.bias,
    "block1.narrow.weight": (layer.linear2.weight, "T"), "block1.narrow.bias": layer.linear2.bias,
    "norm.gain": (final.weight, "gain"), "norm.bias": final.bias,
    "head.weight": (head.weight, "T"), "head.bias": head.bias,
}
loss.backward()
out = {"torch": torch.__version__, "loss": loss.item(), "x": x.tolist(), "masked": masked.tolist(), "parameters": {}, "gradients": {}}
for name, p in parameters.items():
    p, how = p if isinstance(p, tuple) else (p, "")
    value, gradient = p.detach(), p.grad
    if how == "T":
        value, gradient = value.T, gradient.T
    if how == "gain":
        value = value - 1
    out["parameters"][name] = [round(v, 7) for v in value.reshape(-1).tolist()]
    out["gradients"][name] = [round(v, 9) for v in gradient.reshape(-1).tolist()]
with open("torch_loss.json", "w") as f:
    json.dump(out, f)
    f.write("\n")
