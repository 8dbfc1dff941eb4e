"""Normalizing flows of zuko and normflows."""

import normflows as nf
import torch

from peer import Standard
from recipe import batches, descend, fair, independent, rows


@torch.no_grad()
def chunks(f, x, size=5000):
    return torch.cat([f(part) for part in x.split(size)]).numpy()


def zuko(train, budget, seed, scale):
    import zuko as library  # the name of the builder is the library's

    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    standard = Standard(train)
    x = rows(standard(train))
    if budget == "default":
        what = "NSF(2, transforms=3, hidden_features=(64, 64)) with 8 bins, as in its tutorial: Adam 1e-3, batch 64, 8 epochs"
        model = library.flows.NSF(2, transforms=3, hidden_features=(64, 64))

        def fit():
            source = batches(x, 64, max(1, int(8 * scale)), generator)
            descend(lambda b: -model().log_prob(b).mean(), torch.optim.Adam(model.parameters(), lr=1e-3), source)
            return model
    else:
        what = "NSF(2, bins=24, transforms=6, hidden_features=(48, 48)), the size of genlab's flow"
        model = library.flows.NSF(2, bins=24, transforms=6, hidden_features=(48, 48))

        def fit():
            return fair(model, lambda m, b: -m().log_prob(b).mean(), x, 3e-3, scale, generator)

    def sample(m, n):
        with torch.no_grad():
            return standard.back(m().sample((n,)).numpy())

    return what, fit, sample, lambda m, y: chunks(m().log_prob, rows(standard(y))) - standard.log_volume


def normflows(train, budget, seed, scale):
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    standard = Standard(train)
    x = rows(standard(train))
    base = nf.distributions.base.DiagGaussian(2)
    flows = []
    if budget == "default":
        what = "RealNVP of its README: 32 affine couplings with MLP([1, 64, 64, 2]), Adam 5e-4, weight decay 1e-5, 4000 steps of 512, without those whose loss is not finite, as in its notebook"
        for _ in range(32):
            flows.append(nf.flows.AffineCouplingBlock(nf.nets.MLP([1, 64, 64, 2], init_zeros=True)))
            flows.append(nf.flows.Permute(2, mode="swap"))
        model = nf.NormalizingFlow(base, flows)

        def fit():
            source = independent(x, 512, max(1, int(4000 * scale)), generator)
            descend(model.forward_kld, torch.optim.Adam(model.parameters(), lr=5e-4, weight_decay=1e-5), source, finite_only=True)
            return model
    else:
        what = "6 AutoregressiveRationalQuadraticSpline(2, 1, 48, num_bins=24, tail_bound=4) and LULinearPermute, the size of genlab's flow"
        for _ in range(6):
            flows.append(nf.flows.AutoregressiveRationalQuadraticSpline(2, 1, 48, num_bins=24, tail_bound=4))
            flows.append(nf.flows.LULinearPermute(2))
        model = nf.NormalizingFlow(base, flows)

        def fit():
            return fair(model, lambda m, b: m.forward_kld(b), x, 3e-3, scale, generator)

    def sample(m, n):
        with torch.no_grad():
            return standard.back(m.sample(n)[0].numpy())

    return what, fit, sample, lambda m, y: chunks(m.log_prob, rows(standard(y))) - standard.log_volume
