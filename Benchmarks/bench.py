"""Measures speed and memory beside the peers, and writes Documentation/Benchmarks.md. `make bench` builds first.

    bench.py [NAME]...      # workloads, also patterns: 'flow-*'; all if none is named
    bench.py --list [NAME]...
    bench.py --page         # writes the page from the results that are there

ROUNDS sets the rounds of each measure, 9 if it is not given.
"""

import datetime
import fnmatch
import json
import os
import pathlib
import sys

from suite import page, rounds
from suite.machine import machine
from suite.side import SideFailed
from suite.workload import OURS

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
RESULTS = HERE / "results"
PAGE = ROOT / "Documentation/Benchmarks.md"


class Problem(Exception):
    """What the caller can mend."""


def picked(workloads, patterns):
    """The workloads that any pattern names, in their order."""
    for pattern in patterns:
        if not any(fnmatch.fnmatchcase(workload.name, pattern) for workload in workloads):
            known = ", ".join(workload.name for workload in workloads)
            raise Problem(f"there is no workload {pattern}.\n  Known: {known}")
    return [w for w in workloads if not patterns or any(fnmatch.fnmatchcase(w.name, p) for p in patterns)]


def rounds_wanted(text):
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise Problem(f"ROUNDS is {text!r}.\n  Remedy: a whole number from 1")
    return int(text)


def say(measure, figures):
    """One line for each side, as soon as it is measured."""
    for label, side in figures["sides"].items():
        text = f"  {measure.name:24} {label:26} {page.time(side['seconds']['median'], side.get('scaled', False)):>10}"
        ratio = "" if label == OURS else f"   {page.ratio(side['ratio'])} times as long"
        print(text + ratio, flush=True)


def measure(workloads, count):
    """Runs workloads and keeps their results; the names of those that failed."""
    environment = os.environ | {"PYTHONPATH": str(HERE)}
    circumstances = machine(ROOT)
    failed = []
    for workload in workloads:
        begin = datetime.datetime.now()
        print(f"{workload.name}: {workload.title}", flush=True)
        try:
            result = rounds.run(workload, count, environment, say)
        except (SideFailed, AssertionError, OSError) as error:
            print(f"bench: error: {workload.name}: {error}", file=sys.stderr, flush=True)
            failed.append(workload.name)
            continue
        for name, value in result["checks"].items():
            print(f"  {name} {page.plain(value)}", flush=True)
        print(f"  {(datetime.datetime.now() - begin).total_seconds():.0f} s", flush=True)
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps(result | {"machine": circumstances}, indent=1, ensure_ascii=False)
        (RESULTS / f"{workload.name}.json").write_text(text + "\n")
        write_page()
    return failed


def write_page():
    from workloads import WORKLOADS

    files = [RESULTS / f"{workload.name}.json" for workload in WORKLOADS]
    PAGE.write_text(page.page([json.loads(file.read_text()) for file in files if file.exists()]))


def main(arguments):
    from workloads import WORKLOADS

    if arguments[:1] == ["--list"]:
        print("\n".join(f"{workload.name:16} {workload.title}" for workload in picked(WORKLOADS, arguments[1:])))
    elif arguments == ["--page"]:
        write_page()
    else:
        chosen = picked(WORKLOADS, arguments)
        if failed := measure(chosen, rounds_wanted(os.environ.get("ROUNDS") or "9")):
            raise Problem(f"{len(failed)} of {len(chosen)} workloads failed: {', '.join(failed)}")
        print(f"written: {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Problem as problem:
        sys.exit(f"bench: error: {problem}")
