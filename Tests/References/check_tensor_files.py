"""Reads with the Python libraries what the Swift tests wrote, and compares it with the fixtures.

    TENSOR_FILES=/tmp/tensor-files swift test --filter TorchTests
    python Tests/References/check_tensor_files.py /tmp/tensor-files

Needs torch, numpy and safetensors.
"""

import pathlib
import sys

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file

FIXTURES = pathlib.Path(__file__).parent.parent / "TorchTests" / "Fixtures"


def check(folder):
    count = 0
    for path in sorted(folder.glob("*.safetensors")):
        ours, theirs = load_file(path), load_file(FIXTURES / path.name)
        assert ours.keys() == theirs.keys(), path
        for name in ours:
            assert ours[name].dtype == theirs[name].dtype and torch.equal(ours[name], theirs[name]), (path, name)
        with safe_open(path, "pt") as a, safe_open(FIXTURES / path.name, "pt") as b:
            assert a.metadata() == b.metadata(), path
        count += 1
    for path in sorted(folder.glob("*.np[yz]")):
        ours, theirs = np.load(path), np.load(FIXTURES / path.name)
        pairs = [(ours, theirs)] if path.suffix == ".npy" else [(ours[name], theirs[name]) for name in theirs.files]
        for a, b in pairs:
            assert a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b), path
        count += 1
    assert count > 0, f"no files in {folder}"
    print(f"{count} files agree")


if __name__ == "__main__":
    check(pathlib.Path(sys.argv[1]))
