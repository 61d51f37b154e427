"""What is measured: workloads are declared as values of these types."""

from __future__ import annotations

import dataclasses
import pathlib
import typing

OURS = "Pushforward"
"""The label of our side; all ratios are to it."""


@dataclasses.dataclass(frozen=True)
class Served:
    """A process that stays alive and measures on request, `{folder}` standing for the workload's own."""

    command: list[str]


@dataclasses.dataclass(frozen=True)
class Command:
    """A command whose whole run, from start to end, is one measurement."""

    command: list[str]


@dataclasses.dataclass(frozen=True)
class Measure:
    """One row of the table: what each side is asked for."""

    name: str
    title: str
    goals: dict[str, float] = dataclasses.field(default_factory=dict)
    """By peer, how many times as long as ours it should take at least."""
    limit: float | None = None
    """The most seconds that ours should take."""
    memory_goal: float | None = None
    """How many times the memory of ours the processes of PyTorch's libraries should have at least, at their highest. The
    first measure only: later ones find memory that is there already."""


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    group: str
    title: str
    sides: dict[str, Served | Command]
    measures: list[Measure]
    prepare: typing.Callable[[pathlib.Path], None] = lambda folder: None
    """Writes the data that the sides read."""
    check: typing.Callable[[pathlib.Path, dict[str, dict]], dict] = lambda folder, results: {}
    """Compares what the sides found; raises AssertionError when they cannot be compared, returns figures for the page."""
    warm_up: bool = True
    """Whether a round that does not count comes first."""
    rounds: int | None = None
    """The most rounds, for long work."""
    budget: float = 40
    """Seconds for the rounds of a measure, after which no new one begins; there are at least three."""
    note: str = ""
    """What the reader of the page must know."""
