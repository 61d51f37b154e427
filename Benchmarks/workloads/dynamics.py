"""Hidden Markov models beside hmmlearn, on the same series."""

import numpy as np

from suite.workload import OURS, Measure, Workload

from .sides import ours, peer

GROUP = "Dynamics"


def hidden_markov(kind, steps=1_000_000, states=8, columns=2):
    def prepare(folder):
        rng = np.random.default_rng(0)
        means, stay = rng.normal(0, 3, (states, columns)), 0.5
        transition = np.full((states, states), (1 - stay) / (states - 1))
        np.fill_diagonal(transition, stay)
        moves, others = rng.random(steps) >= stay, rng.integers(1, states, size=steps)
        path = np.cumsum(moves * others) % states
        np.save(folder / "rows.npy", means[path] + rng.normal(size=(steps, columns)))
        np.savez(
            folder / "start.npz", initial=np.full(states, 1 / states), transition=transition,
            means=means + 0.1 * rng.normal(size=means.shape),
            covariances=np.ones((states, columns)) if kind == "diagonal" else np.tile(np.eye(columns), (states, 1, 1)),
        )

    def check(folder, results):
        """The log-likelihood of the start, and parameters after two iterations."""
        mine, theirs = np.load(folder / "ours.npz"), np.load(folder / "theirs.npz")
        difference = float(max(np.abs(mine[name] - theirs[name]).max() for name in ("transition", "means")))
        assert difference < 1e-4, f"parameters differ by {difference}"
        relative = float(abs(mine["logLikelihood"] / theirs["logLikelihood"] - 1).max())
        assert relative < 1e-9, f"log-likelihoods differ by {relative} of them"
        return {"greatest difference of parameters": difference}

    files = ("{folder}/rows.npy", "{folder}/start.npz")
    return Workload(
        name=f"hmm-{kind}",
        group=GROUP,
        title=f"hidden Markov model, {states} normal states, {kind} covariances, {steps:,} x {columns}",
        sides={
            OURS: ours("hidden-markov", *files, "{folder}/ours.npz"),
            # In logarithms, its default, and in scaled probabilities, which fail where densities underflow.
            "hmmlearn": peer("hidden_markov", *files, "{folder}/theirs.npz", "log"),
            "hmmlearn, scaling": peer("hidden_markov", *files, "{folder}/scaling.npz", "scaling"),
        },
        measures=[
            Measure("forward", "forward pass", {"hmmlearn": 10}),
            Measure("iteration", "iteration of Baum and Welch's algorithm", {"hmmlearn": 10}),
        ],
        prepare=prepare,
        check=check,
        warm_up=False,
        rounds=3,
    )


WORKLOADS = [hidden_markov("diagonal"), hidden_markov("full")]
