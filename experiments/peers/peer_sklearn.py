"""Mixture of Gaussians and kernel density estimate of scikit-learn."""

import numpy as np
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KernelDensity


def gmm(train, budget, seed, scale):
    if budget == "default":
        what = "GaussianMixture(): 1 component, full covariance"

        def fit():
            return GaussianMixture(random_state=seed).fit(train)
    else:
        counts = [1, 2, 4, 8, 12, 16, 25, 32, 50, 64, 100]
        what = "GaussianMixture, number of components of the least BIC of " + ", ".join(map(str, counts)) + ", 3 initialisations"

        def fit():
            models = [GaussianMixture(k, n_init=3, max_iter=300, random_state=seed).fit(train) for k in counts]
            return min(models, key=lambda m: m.bic(train))

    def sample(model, n):
        x, _ = model.sample(n)
        return np.random.default_rng(seed).permutation(x)  # they come sorted by component

    return what, fit, sample, lambda model, x: model.score_samples(x)


def kde(train, budget, seed, scale):
    if budget == "default":
        what = "KernelDensity(): Gaussian kernel, bandwidth 1"

        def fit():
            return KernelDensity().fit(train)
    else:
        grid = np.geomspace(0.01, 1, 21)
        what = "KernelDensity, bandwidth of the best 5-fold likelihood of 21 from 0.01 to 1, on 4000 of the rows, then all rows"

        def fit():
            rows = np.random.default_rng(seed).permutation(train)[:4000]
            search = GridSearchCV(KernelDensity(), {"bandwidth": grid}, cv=5).fit(rows)
            # The best bandwidth of a two-dimensional estimate falls with the sixth root of the number of rows.
            h = search.best_params_["bandwidth"] * (4000 * 0.8 / len(train)) ** (1 / 6)
            return KernelDensity(bandwidth=h).fit(train)

    return what, fit, lambda model, n: model.sample(n, random_state=seed), lambda model, x: model.score_samples(x)
