"""The unbiased squared MMD, Gaussian kernel, as it is usually written in PyTorch.

    discrepancies X.npy Y.npy BANDWIDTH chunked|naive RESULT.npy

The naive form holds the matrices of rows by rows, for value and gradient; the chunked one takes some rows at a time and gives
the value alone, as that of the gradient would keep all chunks.
"""

import numpy as np

from .serving import Served, seconds_per_call

CHUNK = 1000


def workload(x_file, y_file, bandwidth, form, out):
    import torch

    x, y = (torch.from_numpy(np.load(name)) for name in (x_file, y_file))
    h, chunk = 2 * float(bandwidth) ** 2, CHUNK if form == "chunked" else len(x)
    found = {}

    def kernel_sum(a, b, same):
        total = torch.zeros(())
        for rows in a.split(chunk):
            total = total + torch.exp(-torch.cdist(rows, b).pow(2) / h).sum()
        return total - len(a) if same else total

    def squared(x):
        n, m = len(x), len(y)
        within = kernel_sum(x, x, True) / (n * (n - 1)) + kernel_sum(y, y, True) / (m * (m - 1))
        return within - 2 * kernel_sum(x, y, False) / (n * m)

    def work():
        leaf = x.clone().requires_grad_(form == "naive")
        value = squared(leaf)
        if form == "naive":
            value.backward()
        found.update(value=float(value.detach()), gradient=leaf.grad)

    def result():
        if found["gradient"] is not None:
            np.save(out, found["gradient"].numpy())
        return {"value": found["value"]}

    return Served({"mmd": lambda: seconds_per_call(work)}, result)
