"""Fits and scores through the command line, for the studies."""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np


def run(program, *words):
    """The last line of JSON that a command prints; the study ends when the command fails."""
    command = [str(word) for word in (program, *words)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(command)}\n{result.stderr}")
    lines = result.stdout.splitlines()
    return json.loads(lines[-1]) if lines else {}


def write(path, columns, rows):
    """A table as CSV."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows.tolist())


def options(settings):
    """Settings as words of a command line."""
    return [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]


def fit_and_score(program, model, settings, train, test, *, words=(), seed=0, columns=None):
    """The log-density of each test row, and the report of the fit."""
    columns = columns or [f"x{index + 1}" for index in range(train.shape[1])]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write(folder / "train.csv", columns, train)
        write(folder / "test.csv", columns, test)
        place = folder / "run"
        report = run(
            program, "fit", model, folder / "train.csv", "--out", place, "--seed", seed, "--no-report", "--json",
            *options(settings), *words)
        run(program, "score", place, folder / "test.csv", "-o", folder / "scores.csv", "--json")
        scores = np.loadtxt(folder / "scores.csv", delimiter=",", skiprows=1, ndmin=1)
    return scores, report.get("training") or report.get("estimation") or report
