"""What a peer measures: the counterpart of Benchmarks/Sources/Workloads/Serving.swift.

The runner keeps the process alive and asks line by line. `measure NAME` is answered with the seconds of a call and the memory
of the process, `result` with what the workload found.
"""

import dataclasses
import json
import math
import os
import pathlib
import re
import sys
import time
import typing

SHORTEST = 0.2


@dataclasses.dataclass
class Served:
    measures: dict[str, typing.Callable[[], float]]
    """By name, the seconds of a call."""
    result: typing.Callable[[], dict] = dict
    """Figures to compare; files are written beside them."""
    scaled: bool = False
    """Whether the seconds are those of a part of the work, multiplied."""


def serve(served):
    # What libraries print must not come between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(figures):
        print(json.dumps(figures), file=answers, flush=True)

    reset_peak()
    answer({"ready": True, "resident_mib": memory("VmRSS"), "scaled": served.scaled})
    for line in sys.stdin:
        request, _, name = line.strip().partition(" ")
        if request == "measure":
            answer({"seconds": served.measures[name](), "peak_mib": memory("VmHWM")})
        elif request == "result":
            answer(served.result())
        else:
            raise ValueError(f"expected measure NAME or result, got {line}")


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def seconds_per_call(work, wait=lambda value: value):
    """Mean seconds of as many calls as fill a fifth of a second, after one that is not counted; of a long call, that one's.

    `wait` makes sure that a call's value is there: JAX computes it later.
    """
    first = seconds(lambda: wait(work()))
    if first >= SHORTEST:
        return first
    calls = math.ceil(SHORTEST / first)

    def several():
        for _ in range(calls):
            value = work()
        wait(value)

    return seconds(several) / calls


def memory(name):
    """A figure of this process's memory, MiB: VmRSS now, VmHWM at its highest since `reset_peak`."""
    return int(re.search(rf"{name}:\s+(\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024


def reset_peak():
    """Makes the highest memory that of now."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")
