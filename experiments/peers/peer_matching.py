"""Conditional flow matching of torchcfm, with independent and with optimal-transport couplings."""

import torch
from torchcfm.conditional_flow_matching import ConditionalFlowMatcher, ExactOptimalTransportConditionalFlowMatcher
from torchcfm.models import MLP
from torchdyn.core import NeuralODE

from peer import Standard
from recipe import Embedded, descend, fair, independent, rows


class Field(torch.nn.Module):
    """The velocity at points (n x 2) and times (n), by a network of torchcfm, whose input is both in one."""

    def __init__(self):
        super().__init__()
        self.net = MLP(dim=2, time_varying=True)

    def forward(self, x, t):
        return self.net(torch.cat([x, t[:, None]], 1))


class Solvable(torch.nn.Module):
    """What torchdyn integrates: one time for all points."""

    def __init__(self, field):
        super().__init__()
        self.field = field

    def forward(self, t, x, *args, **kwargs):
        return self.field(x, t.expand(len(x)))


def log_prob(field, x, steps=100):
    """The density of the flow from a normal at time 0: the ODE backwards by RK4, with the exact divergence."""

    def slope(x, t):
        x = x.detach().requires_grad_()
        v = field(x, torch.full((len(x),), t))
        div = sum(torch.autograd.grad(v[:, i].sum(), x, retain_graph=i == 0)[0][:, i] for i in range(2))
        return v.detach(), div.detach()

    h, divergence = -1 / steps, torch.zeros(len(x))
    for k in range(steps):
        t = 1 + k * h
        v1, d1 = slope(x, t)
        v2, d2 = slope(x + h / 2 * v1, t + h / 2)
        v3, d3 = slope(x + h / 2 * v2, t + h / 2)
        v4, d4 = slope(x + h * v3, t + h)
        x = x + h / 6 * (v1 + 2 * v2 + 2 * v3 + v4)
        divergence += h / 6 * (d1 + 2 * d2 + 2 * d3 + d4)
    normal = torch.distributions.Normal(0.0, 1.0)
    return normal.log_prob(x).sum(1) + divergence


def matching(matcher, label, train, budget, seed, scale):
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    standard = Standard(train)
    x = rows(standard(train))

    def loss(flow):
        def of(model, x1):
            t, xt, ut = flow.sample_location_and_conditional_flow(torch.randn(x1.shape), x1)
            return (model(xt, t) - ut).square().mean()
        return of

    if budget == "default":
        what = f"{label}(sigma=0.1), as in its tutorial: MLP of 3 layers of 64, Adam 1e-3, 20,000 steps of 256"
        model, of = Field(), loss(matcher(sigma=0.1))

        def fit():
            source = independent(x, 256, max(1, int(20000 * scale)), generator)
            descend(lambda b: of(model, b), torch.optim.Adam(model.parameters()), source)
            return model
    else:
        what = f"{label}(sigma=0), genlab's denoiser as the network"
        model, of = Embedded(), loss(matcher(sigma=0.0))

        def fit():
            return fair(model, of, x, 5e-3, scale, generator)

    def sample(m, n):
        node = NeuralODE(Solvable(m), solver="dopri5", sensitivity="adjoint", atol=1e-4, rtol=1e-4)
        with torch.no_grad():
            return standard.back(node.trajectory(torch.randn(n, 2), t_span=torch.linspace(0, 1, 100))[-1].numpy())

    return what, fit, sample, lambda m, y: log_prob(m, rows(standard(y))).numpy() - standard.log_volume


def cfm(*request):
    return matching(ConditionalFlowMatcher, "ConditionalFlowMatcher", *request)


def ot_cfm(*request):
    return matching(ExactOptimalTransportConditionalFlowMatcher, "ExactOptimalTransportConditionalFlowMatcher", *request)
