"""Rounds of all sides by turns, so that a change of the machine's speed meets all of them; medians and quartiles."""

import contextlib
import math
import pathlib
import statistics
import tempfile
import time

from . import side
from .workload import OURS

LEAST_ROUNDS = 3


def run(workload, rounds, environment, say):
    """The figures of a workload, as they are written to its file.

    Raises SideFailed when a side ends early, AssertionError when the sides' results cannot be compared.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        workload.prepare(folder)
        sides = {label: side.start(label, spec, folder, environment) for label, spec in workload.sides.items()}
        for running in sides.values():
            stack.callback(running.close)
        for running in sides.values():
            running.wait_until_ready()
        measures = {}
        for measure in workload.measures:
            samples = sample(workload, measure, sides, rounds)
            measures[measure.name] = summary(measure, samples, {label: s.scaled for label, s in sides.items()})
            say(measure, measures[measure.name])
        results = {label: running.result() for label, running in sides.items()}
        checks = workload.check(folder, results)
    return {
        "workload": workload.name, "group": workload.group, "title": workload.title, "note": workload.note,
        "measures": measures, "checks": checks,
    }


def sample(workload, measure, sides, rounds):
    """By side, the samples of all rounds. The side that begins changes from round to round."""
    most = min(rounds, workload.rounds or rounds)
    labels = list(sides)
    samples = {label: [] for label in labels}
    begin = time.perf_counter()
    for index in range(-1 if workload.warm_up else 0, most):
        if index >= min(LEAST_ROUNDS, most) and time.perf_counter() - begin > workload.budget:
            break
        turn = index % len(labels)
        for label in labels[turn:] + labels[:turn]:
            found = sides[label].measure(measure.name)
            if index >= 0:
                samples[label].append(found)
    return samples


def summary(measure, samples, scaled):
    """Medians and quartiles of the times, and of the ratios to ours of the same round."""
    ours = [found["seconds"] for found in samples[OURS]]
    sides = {}
    for label, found in samples.items():
        seconds = [one["seconds"] for one in found]
        sides[label] = {
            "seconds": spread(seconds), "ratio": spread([theirs / mine for theirs, mine in zip(seconds, ours)]),
            "rounds": [round_to(value) for value in seconds],
        }
        if scaled[label]:
            sides[label]["scaled"] = True
        for name in ("peak_mib", "added_mib"):
            if all(name in one for one in found):
                sides[label][name] = round(max(one[name] for one in found), 1)
    return {
        "title": measure.title, "goals": measure.goals, "limit": measure.limit, "memory_goal": measure.memory_goal,
        "sides": sides,
    }


def spread(values):
    """The median and the quartiles."""
    if len(values) == 1:
        low = high = values[0]
    else:
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": round_to(statistics.median(values)), "low": round_to(low), "high": round_to(high)}


def round_to(value, digits=4):
    """The value with so many significant digits."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))
