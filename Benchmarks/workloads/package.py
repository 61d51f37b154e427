"""What everything else rests on: start-up, tables, single operations, memory that stays as it is."""

import subprocess
import sys

from suite.workload import OURS, Command, Measure, Workload

from .sides import COMMAND_LINE, PROGRAM, ours, peer

GROUP = "Package"


def small_flow(folder):
    """A run of a flow of two columns, to sample from."""
    subprocess.run([PROGRAM, "write-table", folder / "numbers.csv", "1000"], check=True)
    words = ["fit", "nsf", folder / "numbers.csv", "--columns", "column1,column2", "--out", folder / "run", "--no-report"]
    words += ["--set", "training.maximumEpochs=1", "--quiet"]
    subprocess.run([COMMAND_LINE, *words], check=True, stdout=subprocess.DEVNULL)


def table_of_numbers(rows):
    def prepare(folder):
        subprocess.run([PROGRAM, "write-table", folder / "numbers.csv", str(rows)], check=True)

    return prepare


def same_counts(folder, results):
    mine, theirs = results.values()
    assert mine == theirs, f"{mine} {theirs}"
    return {}


def soak_check(folder, results):
    """Nothing may pile up after the first thousand steps."""
    found = results[OURS]
    tensors, resident = found["live_tensors"][1:], found["resident_mib"][1:]
    assert max(tensors[-2:]) <= max(tensors[:2]), f"live tensors: {tensors}"  # the last step of an epoch holds one more
    growth = max(resident) - min(resident)
    assert growth < 0.02 * min(resident), f"resident MiB: {resident}"
    return {"live tensors, at most": max(tensors), "MiB more than after 2000 steps": growth}


ROWS = 5_000_000

WORKLOADS = [
    Workload(
        name="start-up",
        group=GROUP,
        title="ten draws of a small flow by `pushforward sample`, whole run",
        sides={
            OURS: Command([str(COMMAND_LINE), "sample", "{folder}/run", "-n", "10", "-o", "{folder}/draws.csv"]),
            "`import torch`": Command([sys.executable, "-c", "import torch"]),
        },
        measures=[Measure("run", "", limit=0.6)],
        prepare=small_flow,
        note="files are in the system's cache, as the round before left them.",
    ),
    Workload(
        name="table-reading",
        group=GROUP,
        title=f"a CSV table of {ROWS:,} rows and 10 columns",
        sides={OURS: ours("table", "{folder}/numbers.csv"), "pyarrow": peer("tables", "{folder}/numbers.csv")},
        measures=[Measure("read", "")],
        prepare=table_of_numbers(ROWS),
        check=same_counts,
        rounds=5,
        note=f"its numbers take {ROWS * 40 / 2**20:.0f} MiB as ours, in 32 bits, and twice as many as pyarrow's, in 64.",
    ),
    Workload(
        name="operations",
        group=GROUP,
        title="one addition of one-element tensors",
        sides={OURS: ours("operations", "swift"), "libtorch from C++": ours("operations", "cpp")},
        measures=[Measure("plain", "without gradients"), Measure("recording", "recording gradients")],
    ),
    Workload(
        name="soak",
        group=GROUP,
        title="a step of training in the loop of `Trainer`, mean of 20,000",
        sides={OURS: ours("soak", 20_000)},
        measures=[Measure("training", "")],
        check=soak_check,
        warm_up=False,
        rounds=1,
    ),
]
