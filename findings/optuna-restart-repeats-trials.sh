#!/usr/bin/env bash
# A seeded search of Optuna that is stopped and started again tries its first trials a second time.
#
# Expected: a study kept in a file and loaded again goes on: trials 5 to 9 are those of a search that was never stopped, or at least others than 0
# to 4. Seen: RandomSampler(seed=1), and TPESampler(seed=1) in its random start of 10 trials, propose the values of trials 0 to 4 again: the
# generator begins anew from the seed in each process. The tutorial on resuming says to save the sampler with pickle for
# reproducibility; that without it the same points are evaluated twice it does not say. QMCSampler goes on.
# Why it matters: half of the budget is spent on what is known, and the study looks like one of ten trials.
# Versions: optuna 5.0.0. Checked 2026-11-28.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check optuna==5.0.0 numpy==2.4.6 scipy==1.17.1
venv/bin/python - <<'P'
import sys, optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
print("optuna", optuna.__version__)
optuna.logging.set_verbosity(optuna.logging.ERROR)
import warnings
warnings.simplefilter("ignore")
repeated = {}
for name in ("RandomSampler", "TPESampler", "QMCSampler"):
    make = lambda: getattr(optuna.samplers, name)(seed=1, **({"scramble": True} if name == "QMCSampler" else {}))
    for _ in range(2):  # what two processes do
        storage = JournalStorage(JournalFileBackend(name + ".log"))
        study = optuna.create_study(study_name="s", storage=storage, sampler=make(), load_if_exists=True)
        study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=5)
    x = [t.params["x"] for t in study.trials]
    repeated[name] = x[:5] == x[5:]
    print(name, "repeats trials 0 to 4 as 5 to 9:", repeated[name], [round(v, 3) for v in x])
sys.exit(repeated != {"RandomSampler": True, "TPESampler": True, "QMCSampler": False})
P
