"""Writes quantiles.json: NumPy's quantiles by the nine definitions of Hyndman and Fan, for EmpiricalTests.

Run with numpy 2: python Tests/References/generate_quantile_references.py
"""

import json
import pathlib

import numpy as np

# By the numbers of R's quantile(type =).
METHODS = [
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull",
    "linear", "median_unbiased", "normal_unbiased"]

# 11 and 8 numbers, some of them equal; probabilities on steps (of k / n and of (k + 1/2) / n) are left out where NumPy
# and the definition round differently.
DATA = [[3.5, 1, 2, 2, 7, 4.25, 2, -1, 12, 5, 6], [0.5, 8, 3, 1, 2, 2.5, 13, 4]]
PROBABILITIES = [[0, 0.01, 0.07, 0.2, 0.33, 0.5, 0.61, 0.77, 0.93, 0.999, 1], [0, 0.1, 0.25, 0.3, 0.5, 0.8, 0.9, 1]]


def main():
    rows = []
    for data, probability in zip(DATA, PROBABILITIES):
        for number, method in enumerate(METHODS, start=1):
            quantile = np.quantile(data, probability, method=method).tolist()
            rows.append(dict(type=number, data=data, probability=probability, quantile=quantile))
    path = pathlib.Path(__file__).with_name("quantiles.json")
    path.write_text("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n")


main()
