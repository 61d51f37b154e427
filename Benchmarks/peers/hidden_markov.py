"""Normal hidden Markov models of hmmlearn: hidden_markov ROWS.npy START.npz RESULT.npz log|scaling."""

import numpy as np

from .serving import Served, seconds


def workload(rows, start, out, implementation):
    """The forward pass, and an iteration as the difference of 2 and 1. The result is the model after 2."""
    from hmmlearn.hmm import GaussianHMM

    x, start = np.load(rows), np.load(start)
    kind = "full" if start["covariances"].ndim == 3 else "diag"

    def model(iterations):
        # Without the prior of variances that hmmlearn has by default, which Pushforward has not.
        made = GaussianHMM(
            len(start["initial"]), covariance_type=kind, n_iter=iterations, tol=-np.inf, init_params="",
            implementation=implementation, covars_prior=0, covars_weight=0 if kind == "diag" else 1,
        )
        made.startprob_, made.transmat_ = start["initial"], start["transition"]
        made.means_, made.covars_ = start["means"], start["covariances"]
        return made

    found = {}

    def iteration():
        first = seconds(lambda: model(1).fit(x))
        found["model"] = model(2)
        return seconds(lambda: found["model"].fit(x)) - first

    def forward():
        return seconds(lambda: found.update(score=model(1).score(x)))

    def result():
        last = found["model"]
        np.savez(
            out, initial=last.startprob_, transition=last.transmat_, means=last.means_, logLikelihood=[found["score"]]
        )
        return {}

    return Served({"forward": forward, "iteration": iteration}, result)
