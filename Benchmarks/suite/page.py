"""Writes Documentation/Benchmarks.md from the results of all workloads."""

import itertools

from .workload import OURS

WIDTH = 16
PYTORCH = ("PyTorch", "zuko", "nflows")

HEAD = """# How fast

Written by `make bench` from `Benchmarks/results`; do not edit. Both sides of a workload measure by turns on the same machine:
times are medians over rounds, ratios medians of the ratios of each round, with quartiles in brackets. A bar is the time, the
longest of its row full. Memory is the highest resident of the process and, in brackets, what the work added to what the
process had with its libraries loaded and the model and data in place. A goal is a ratio to reach, of times or of memory.
"""


def page(results):
    """The page; results in the order in which they are shown."""
    parts = [HEAD, goals(results)]
    for group, members in itertools.groupby(results, key=lambda result: result["group"]):
        parts.append(f"## {group}\n")
        parts.extend(section(list(members)))
    parts.append(circumstances(results))
    return "\n".join(part for part in parts if part)


def section(results):
    """The tables of a group, and what is to be said about them."""
    tables = [result for result in results if not is_matrix(result)]
    if tables:
        yield "\n".join(table(tables)) + "\n"
    for result in results:
        if is_matrix(result):
            yield "\n".join(matrix(result)) + "\n"
    if remarks := [line for result in results for line in remark(result)]:
        yield "\n".join(remarks) + "\n"


def table(results):
    yield "| workload | side | rounds | time | | times as long | memory, MiB | goal |"
    yield "|---|---|---|---|---|---|---|---|"
    for result in results:
        if any(measure["title"] for measure in result["measures"].values()):
            yield f"| **{result['title']}** |" + " |" * 7
        for measure in result["measures"].values():
            longest = max(side["seconds"]["median"] for side in measure["sides"].values())
            first = measure["title"] or result["title"]
            for label, side in measure["sides"].items():
                cells = [
                    first, label, str(len(side["rounds"])), time(side["seconds"]["median"], side.get("scaled", False)),
                    bar(side["seconds"]["median"] / longest), "" if label == OURS else ratio(side["ratio"]), memory(side),
                    "; ".join(f"{goal.text}: {'met' if goal.met else 'missed'}" for goal in goals_of(measure, label)),
                ]
                yield f"| {' | '.join(cells)} |"
                first = ""


def is_matrix(result):
    return all(" " in name for name in result["measures"])


def matrix(result):
    """Measures that are named by a row and a column, as one ratio each."""
    cells = {tuple(name.split(" ", 1)): measure for name, measure in result["measures"].items()}
    columns = list(dict.fromkeys(column for _, column in cells))
    peer = next(label for measure in cells.values() for label in measure["sides"] if label != OURS)
    yield f"{result['title']}: how many times as long {peer} takes.\n"
    yield f"| | {' | '.join(columns)} |"
    yield "|---" * (len(columns) + 1) + "|"
    for row in dict.fromkeys(row for row, _ in cells):
        found = [cells.get((row, column)) for column in columns]
        texts = [digits(cell["sides"][peer]["ratio"]["median"], 2) if cell else "" for cell in found]
        yield f"| {row} | {' | '.join(texts)} |"


class Goal:
    """A goal and whether it is met."""

    def __init__(self, text, met):
        self.text, self.met = text, met


def goals_of(measure, label):
    """The goals of a side in a measure."""
    sides = measure["sides"]
    found = []
    if label == OURS and measure["limit"] is not None:
        found.append(Goal(f"at most {time(measure['limit'])}", sides[OURS]["seconds"]["median"] <= measure["limit"]))
    if label in measure["goals"]:
        wanted = measure["goals"][label]
        found.append(Goal(f"{wanted:g} times", sides[label]["ratio"]["median"] >= wanted))
    if measure["memory_goal"] is not None and label in PYTORCH:
        wanted = measure["memory_goal"]
        found.append(Goal(f"{wanted:g} times the memory", sides[label]["peak_mib"] >= wanted * sides[OURS]["peak_mib"]))
    return found


def goals(results):
    found = [
        goal for result in results for measure in result["measures"].values() for label in measure["sides"]
        for goal in goals_of(measure, label)
    ]
    return f"Of {len(found)} goals {sum(goal.met for goal in found)} are met.\n" if found else ""


def remark(result):
    if result["note"]:
        yield f"- {result['title']}: {result['note']}"
    if result["checks"]:
        found = ", ".join(f"{name} {plain(value)}" for name, value in result["checks"].items())
        yield f"- {result['title']}: {found}."
    measures = list(result["measures"].values())
    if any(side.get("scaled") for measure in measures for side in measure["sides"].values()):
        yield f"- {result['title']}: times with an asterisk are of a part of the work, multiplied."


def circumstances(results):
    """Each machine and set of versions, with the commits of ours that were measured there."""
    found = {}
    for result in results:
        machine = result["machine"]
        versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
        commits = found.setdefault(f"{machine['processor']}, {machine['threads']} threads; {versions}", {})
        commits.setdefault(machine["commit"], []).append(result["workload"])
    lines = ["## Machine and versions\n"]
    for machine, commits in found.items():
        measured = "; ".join(f"at commit {commit} {', '.join(names)}" for commit, names in commits.items())
        lines.append(f"- {machine}. Measured {measured}.")
    return "\n".join(lines) + "\n"


def time(seconds, scaled=False):
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            break
    else:
        unit, size = "ns", 1e-9
    return f"{digits(seconds / size)} {unit}{'*' if scaled else ''}"


def ratio(spread):
    return f"{digits(spread['median'])} ({digits(spread['low'])} to {digits(spread['high'])})"


def memory(side):
    return f"{side['peak_mib']:.0f} ({side['added_mib']:.0f})" if "peak_mib" in side else ""


def digits(value, count=3):
    """The value with so many significant digits, and never less than its whole part."""
    if value != value or value in (float("inf"), float("-inf")):
        return "not a number"
    decimals = 0
    while decimals < 6 and abs(value) * 10**decimals < 10 ** (count - 1) and value:
        decimals += 1
    return f"{value:.{decimals}f}"


def plain(value):
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def bar(share):
    """A bar of text, in eighths of a character, at least one."""
    eighths = max(1, round(share * WIDTH * 8))
    return "█" * (eighths // 8) + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[eighths % 8]
