"""Command lines of both sides."""

import pathlib
import sys

from suite.workload import Served

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "Benchmarks/.build/release/Workloads"
COMMAND_LINE = ROOT / ".build/release/pushforward"


def ours(*arguments):
    return Served([str(PROGRAM), *map(str, arguments)])


def peer(*arguments):
    return Served([sys.executable, "-m", "peers", *map(str, arguments)])
