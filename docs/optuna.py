#!/usr/bin/env python3
"""Optuna asks, genlab trains: a search with a journal that survives kills.

    pip install optuna
    python3 docs/optuna.py --genlab bin/genlab --trials 20 --journal runs/optuna.log

Every trial is one call of `genlab train MODEL ... --json`, whose standard output is the report of the run. Exit status 3, a
training that diverged, is a failed trial with its reason, not a crash; any other failure ends the search. Started again
with the same journal, the search goes on where it was. A trial that was under way when the process was killed
stays as "running" in the journal: it is marked as failed, and its settings are tried again.

What Optuna's own seed does not promise: see docs/sweeps.md.
"""

import argparse
import json
import os
import subprocess
import sys

# Python looks for modules beside the script first, where this file itself is called optuna.
sys.path = [p for p in sys.path if os.path.realpath(p) != os.path.dirname(os.path.realpath(__file__))]

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

DIVERGED = 3


class Diverged(Exception):
    """The training of a trial diverged."""


def train(genlab, model, flags, out):
    """Trains a model and returns its metrics by name."""
    command = [genlab, "train", model, "--out", out, "--overwrite", "--json"]
    for name, value in flags.items():
        command.append(f"--{name}={value}")
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode == DIVERGED:
        raise Diverged(run.stderr.strip())
    if run.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {run.stderr.strip()}")
    return json.loads(run.stdout)["metrics"]


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    args.add_argument("--genlab", default="bin/genlab")
    args.add_argument("--journal", default="runs/optuna.log")
    args.add_argument("--runs", default="runs/optuna", help="folder of the runs")
    args.add_argument("--model", default="flow")
    args.add_argument("--metric", default="energy_distance")
    args.add_argument("--trials", type=int, default=20, help="finished and failed trials, earlier ones included")
    args.add_argument("--seed", type=int, default=1, help="of Optuna's sampler")
    args.add_argument("--flags", default="", help="fixed flags of genlab train, such as 'steps=500 data=moons' or 'smoke=true'")
    args.add_argument("--max-lr", type=float, default=1e-1)
    o = args.parse_args()

    fixed = dict(pair.split("=", 1) for pair in o.flags.split())
    study = optuna.create_study(
        study_name="genlab", storage=JournalStorage(JournalFileBackend(o.journal)), load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=o.seed))
    for t in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):  # of a process that was killed
        study.enqueue_trial(t.params)
        study.tell(t.number, state=TrialState.FAIL)

    finished = (TrialState.COMPLETE, TrialState.FAIL)
    while len(study.get_trials(deepcopy=False, states=finished)) < o.trials:
        trial = study.ask()
        flags = fixed | {
            "lr": trial.suggest_float("lr", 1e-4, o.max_lr, log=True),
            "hidden": trial.suggest_categorical("hidden", [16, 32, 64]),
        }
        try:
            metrics = train(o.genlab, o.model, flags, f"{o.runs}/{trial.number:05d}")
        except Diverged as reason:
            trial.set_user_attr("reason", str(reason))
            study.tell(trial, state=TrialState.FAIL)
            print(f"trial {trial.number}: {reason}", file=sys.stderr)
            continue
        value = metrics[o.metric]["value"]
        study.tell(trial, value, state=TrialState.COMPLETE if value is not None else TrialState.FAIL)

    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    failed = study.get_trials(deepcopy=False, states=(TrialState.FAIL,))
    result = {"done": len(done), "failed": len(failed)}
    if done:
        result |= {"best": study.best_trial.number, "value": study.best_value, "params": study.best_params}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
