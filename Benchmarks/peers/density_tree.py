"""mlpack's density tree, with the same limits of leaves and ten folds: density_tree ROWS.npy HELDOUT.npy."""

import os
import re
import sys
import tempfile

import numpy as np

from .serving import Served, seconds


def workload(training, held_out):
    import mlpack

    x, y = np.load(training), np.load(held_out)
    last = [None, None]

    def fit(**options):
        """mlpack says the number of leaves in its log only."""
        sys.stdout.flush()
        with tempfile.TemporaryFile() as log:
            out = os.dup(1)
            os.dup2(log.fileno(), 1)
            try:
                model = mlpack.det(
                    training=x, folds=10, max_leaf_size=10, min_leaf_size=5, verbose=True, **options
                )["output_model"]
            finally:
                os.dup2(out, 1)
                os.close(out)
            log.seek(0)
            last[:] = model, int(re.findall(r"(\d+) leaf nodes", log.read().decode())[-1])

    def figures():
        density = mlpack.det(input_model=last[0], test=y)["test_set_estimates"].ravel()
        return {"leaves": last[1], "log_density": float(np.log(density).mean())}

    def result():
        pruned = figures()
        fit(skip_pruning=True)
        return {"pruned": pruned, "grown": figures()}

    return Served({"fit": lambda: seconds(fit)}, result)
