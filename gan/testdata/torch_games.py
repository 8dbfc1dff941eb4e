"""Writes torch_games.json: losses and gradients of the GAN objectives by PyTorch, for games_test.go.

The critic is torch.nn.Sequential with leaky ReLU (slope 0.2) of the points, the generator's samples are given. Gradient penalties are by
autograd with create_graph; spectral normalisation is torch.nn.utils.parametrizations.spectral_norm in evaluation mode after its power
iteration has converged; packing concatenates consecutive points; unrolling is torch.func.functional_call on updated weights.

    python torch_games.py   # torch 2.x, on a CPU
"""
import json

import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

torch.manual_seed(3)
torch.set_default_dtype(torch.float64)
data, fake = torch.randn(6, 2), (0.7 * torch.randn(6, 2)).requires_grad_()


def net(inputs):
    return nn.Sequential(nn.Linear(inputs, 5), nn.LeakyReLU(0.2), nn.Linear(5, 5), nn.LeakyReLU(0.2), nn.Linear(5, 1))


def weights(critic):
    return [p.detach().T.reshape(-1).tolist() if p.dim() == 2 else p.detach().tolist() for p in critic.parameters()]


def gradients(loss, critic):
    grads = torch.autograd.grad(loss, list(critic.parameters()), retain_graph=True)
    return [g.T.reshape(-1).tolist() if g.dim() == 2 else g.tolist() for g in grads]


def squared_gradient(critic, x):
    x = x.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return g.square().sum(1).mean()


out = {"torch": torch.__version__, "data": data.reshape(-1).tolist(), "fake": fake.detach().reshape(-1).tolist(), "cases": []}


def case(name, critic, critic_loss, generator_loss, **more):
    (points,) = torch.autograd.grad(generator_loss, fake, retain_graph=True)
    out["cases"].append({"name": name, "weights": weights(critic), "critic": critic_loss.item(), "criticGradients": gradients(critic_loss, critic),
                         "generator": generator_loss.item(), "generatorGradient": points.reshape(-1).tolist(), **more})


d = net(2)
gamma = 0.3
r, f = d(data), d(fake)
case("relativistic", d, F.softplus(f - r).mean() + gamma / 2 * (squared_gradient(d, data) + squared_gradient(d, fake)), F.softplus(r - f).mean())

d = net(2)
plain = weights(d)
normed = nn.Sequential(*[spectral_norm(layer, n_power_iterations=500) if isinstance(layer, nn.Linear) else layer for layer in d])
normed(data)
normed.eval()
r, f = normed(data), normed(fake)
critic, generator = F.relu(1 - r).mean() + F.relu(1 + f).mean(), -f.mean()
originals = [p for layer in normed if isinstance(layer, nn.Linear) for p in (layer.parametrizations.weight.original, layer.bias)]
grads = torch.autograd.grad(critic, originals, retain_graph=True)
(points,) = torch.autograd.grad(generator, fake)
out["cases"].append({"name": "hinge", "weights": plain, "critic": critic.item(),
                     "criticGradients": [g.T.reshape(-1).tolist() if g.dim() == 2 else g.tolist() for g in grads],
                     "generator": generator.item(), "generatorGradient": points.reshape(-1).tolist()})

d = net(6)
r, f = d(data.reshape(2, 6)), d(fake.reshape(2, 6))
case("packed", d, F.softplus(-r).mean() + F.softplus(f).mean(), F.softplus(-f).mean())

d = net(2)
theta = dict(d.named_parameters())
for _ in range(2):
    loss = F.softplus(-functional_call(d, theta, data)).mean() + F.softplus(functional_call(d, theta, fake)).mean()
    grads = torch.autograd.grad(loss, list(theta.values()), create_graph=True)
    theta = {k: v - 0.5 * g for (k, v), g in zip(theta.items(), grads)}
r, f = d(data), d(fake)
case("unrolled", d, F.softplus(-r).mean() + F.softplus(f).mean(), F.softplus(-functional_call(d, theta, fake)).mean())

rounded = json.loads(json.dumps(out), parse_float=lambda v: round(float(v), 9))
with open("torch_games.json", "w") as file:
    json.dump(rounded, file)
    file.write("\n")
