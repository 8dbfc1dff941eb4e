"""Compares this package with genlab: check.py CASES, a JSON file with a list of
{run, n, seed, label, options, samples, points, scores, bound, method, values, text}. Prints the largest and the median difference of each as JSON.

samples is the output of genlab sample, scores that of genlab score at points, values those of a method of the model there; samples of a model of text are those of a text file, and
scores those of the characters of the file text; label, options (of sampling) and bound
(importance samples, with the seed of the run) are optional.
"""

import json
import sys

import numpy as np

import genlab


def difference(got, want):
    if got.shape != want.shape:
        raise SystemExit(f"shapes {got.shape} and {want.shape} differ")
    with np.errstate(invalid="ignore"):
        off = np.abs(got - want) / np.maximum(1, np.where(np.isfinite(want), np.abs(want), 1))
    off[(got == want) | (np.isnan(got) & np.isnan(want))] = 0
    off[np.isnan(off)] = np.inf
    return {"most": float(off.max()), "p99": float(np.quantile(off, 0.99)), "median": float(np.median(off))}


def check(case):
    run = genlab.load(case["run"])
    label, result = case.get("label"), {}
    if "text" in case:
        return check_text(run, case)
    if "samples" in case:
        want = np.load(case["samples"])
        result["sample"] = difference(run.sample(len(want), case["seed"], label, **case.get("options", {})), want)
    if "scores" in case:
        x = np.load(case["points"])
        got = run.log_bound(x, samples=case["bound"]) if "bound" in case else run.log_prob(x, label)
        result["scores"] = difference(got, np.load(case["scores"]))
    if "method" in case:
        result["values"] = difference(getattr(run.model, case["method"])(np.load(case["points"])), np.load(case["values"])[:, 0])
    result["torch"] = compare_torch_if_there(run)
    return result


def check_text(run, case):
    """The same for a model of text; same says whether the sample is the same text."""
    def read(path):
        with open(path, encoding="utf-8", newline="") as f:
            return f.read()

    text, options = read(case["text"]), case.get("options", {})
    got = run.log_bound(text, samples=case["bound"]) if "bound" in case else run.log_prob(text)
    same = options.get("prompt", "") + run.sample(case["n"], case["seed"], **options) == read(case["samples"])
    return {"same": same, "scores": difference(got, np.load(case["scores"])), "torch": compare_torch_if_there(run)}


def compare_torch_if_there(run):
    try:
        import torch  # noqa: F401
    except ImportError:
        return 0.0
    return compare_torch(run)


def compare_torch(run):
    """The largest difference of the torch module from the arrays."""
    import torch

    if run.config["model"] == "kde":
        return 0.0  # no network
    rng, m, net = np.random.default_rng(1), run.model, run.torch()
    x = rng.standard_normal((200, 2)) * 2
    t = torch.tensor(x, dtype=torch.float32)

    def off(got, want):
        return float(np.max(np.abs(got.detach().numpy() - want) / np.maximum(1, np.abs(want))))

    name = run.config["model"]
    if name == "latent-diffusion":
        net, m, name = net.latents, m.latents, "diffusion"
    if hasattr(m, "velocity"):
        times = [rng.uniform(0, 1, len(x)) for _ in range(2 if name == "flow-map" else 1)]
        return off(net(t, *(torch.tensor(v, dtype=torch.float32) for v in times)), m.velocity(x, *times))
    if name in ("consistency", "adversarial-diffusion"):
        name = "diffusion"
    if name == "flow":
        labels = np.full(len(x), 1) if m.classes else None
        data = m.scale.to_data(x)
        got = net.log_prob(torch.tensor(data, dtype=torch.float32), None if labels is None else torch.tensor(labels))
        return off(got, m.log_prob(data, labels))
    if name == "diffusion":
        u = rng.uniform(-5, 4, len(x))
        labels = np.arange(len(x)) % m.classes if m.classes else None
        got = net(t, torch.tensor(u, dtype=torch.float32), None if labels is None else torch.tensor(labels))
        return off(got, m.net(m.inputs(x, u, labels)))
    if name in ("vae", "flow-prior"):
        z, noise = rng.standard_normal((2, 200, m.latent))
        log_q = m.draw(m.scale.to_data(x), noise[:, None])
        got = net.decoder(torch.tensor(z, dtype=torch.float32)) + net.draw(t, torch.tensor(noise, dtype=torch.float32))
        pairs = list(zip(got, m.likelihood(z) + tuple(part[:, 0] for part in log_q)))
        if hasattr(net.prior, "log_prob"):
            pairs.append((net.prior.log_prob(torch.tensor(z, dtype=torch.float32)), m.prior.log_prob(z)))
        return max(off(a, b) for a, b in pairs)
    if name == "vq-prior":
        codes = rng.integers(0, m.entries_per_code, (200, m.codes_per_point))
        tokens = m.prior.start(codes)[:, :-1]
        pairs = [(net.encoder(t), m.encoder(x)), (net.prior(torch.tensor(tokens)), m.prior.logits(tokens))]
        return max(off(a, b) for a, b in pairs + list(zip(net(torch.tensor(codes)), m.likelihood(m.entries(codes)))))
    if name == "gan":
        z = rng.standard_normal((200, m.latent))
        got = net(torch.tensor(z, dtype=torch.float32))
        return max(off(got, (m.decode(z) - m.scale.shift) / m.scale.scale), off(net.critic(t)[:, 0], m.critic(m.scale.to_data(x))))
    if name == "masked-diffusion":
        tokens = rng.integers(0, m.mask + 1, (50, m.context))
        return off(net(torch.tensor(tokens)), m.logits(tokens))
    tokens = m.start(rng.integers(0, m.symbols, (50, min(8, m.w["position"].shape[0] - 1))))
    return off(net(torch.tensor(tokens)), m.logits(tokens))


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as f:
        json.dump([check(case) for case in json.load(f)], sys.stdout)
