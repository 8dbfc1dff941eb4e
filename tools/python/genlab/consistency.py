"""Consistency models, also those that were fine-tuned against a critic: data in one evaluation, or in a few."""

import numpy as np

from .checkpoint import NoDensityError
from .diffusion import Diffusion


class Consistency(Diffusion):
    """The student of a consistency run; the teacher before the student's stage. The teacher is another Diffusion."""

    def __init__(self, checkpoint, tensors):
        def within(prefix):
            return {k[len(prefix) + 1:]: t for k, t in tensors.items() if k.startswith(prefix + "/")}

        student = within("game/student") or within("student") or within("teacher")
        super().__init__(checkpoint, student)
        self.teacher = Diffusion(checkpoint, within("teacher"))

    def times(self, evaluations):
        """The first from noise, the second from the noise level restart-noise, the others down to 0.02."""
        start = self.config["restart-noise"]
        least = min(self.constants["min_restart_noise"], start)
        parts = [i / max(1, evaluations - 2) for i in range(evaluations - 1)]
        return [1.0] + [self.time_of_log_snr(-np.log(start * (least / start) ** p)) for p in parts] + [0.0]

    def decode(self, x, stream=None, labels=None, options=None, scaled=True):
        """Samples from the noise x, standard normal; stream is for the noise of further evaluations."""
        grid = self.times((options or {}).get("nfe") or self.config["evaluations"])
        x = np.array(x, float)
        for t, s in zip(grid, grid[1:]):
            x = self.denoise(x, t, labels)  # guidance is distilled into the student
            alpha, sigma = self.levels(s)
            if sigma > 0:
                x = alpha * x + sigma * stream.normal(*x.shape)
        return self.scale.to_data(x) if scaled else x

    def log_prob(self, x, labels=None, tolerance=None):
        raise NoDensityError("a consistency model has no density: use that of its teacher, run.model.teacher.log_prob(x), or compare its samples")
