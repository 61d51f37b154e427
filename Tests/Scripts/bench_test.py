#!/usr/bin/env python3
"""Tests the runner of Benchmarks with made-up sides and results: no libraries, a second or two."""

import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Benchmarks"))
import bench
from suite import page, rounds
from suite.side import SideFailed
from suite.workload import OURS, Command, Measure, Served, Workload

# Answers with the given seconds, one after another; writes who was asked to `order`.
SIDE = """
import json, sys
label, folder, *seconds = sys.argv[1:]
print(json.dumps({"ready": True, "resident_mib": 100}), flush=True)
for line in sys.stdin:
    if line.startswith("measure"):
        open(folder + "/order", "a").write(label)
        if not seconds:
            sys.exit("out of seconds")
        print(json.dumps({"seconds": float(seconds.pop(0)), "peak_mib": 130}), flush=True)
    else:
        print(json.dumps({"order": open(folder + "/order").read()}), flush=True)
"""


def side(label, *seconds):
    return Served([sys.executable, "-c", SIDE, label, "{folder}", *map(str, seconds)])


def workload(sides, **options):
    return Workload("made-up", "Group", "A title", sides, [Measure("work", "")], **options)


def run(made_up, count):
    return rounds.run(made_up, count, dict(os.environ), lambda measure, figures: None)


class Rounds(unittest.TestCase):
    def test_medians_ratios_and_turns(self):
        """The first second of each side is a warm-up; a ratio is of the same round, so it survives a slow round."""
        orders = []
        made_up = workload(
            {OURS: side("a", 99, 1, 2, 10), "peer": side("b", 99, 3, 8, 30)},
            check=lambda folder, results: orders.append(results[OURS]["order"]) or {"difference": 0.5},
        )
        result = run(made_up, 3)
        sides = result["measures"]["work"]["sides"]
        self.assertEqual(sides[OURS]["rounds"], [1, 2, 10])
        self.assertEqual(sides[OURS]["seconds"], {"median": 2, "low": 1.5, "high": 6})
        self.assertEqual(sides["peer"]["ratio"], {"median": 3, "low": 3, "high": 3.5})
        self.assertEqual((sides["peer"]["peak_mib"], sides["peer"]["added_mib"]), (130, 30))
        self.assertEqual(orders, ["baabbaab"])
        self.assertEqual(result["checks"], {"difference": 0.5})

    def test_a_spent_budget_leaves_three_rounds(self):
        found = run(workload({OURS: side("a", *[1] * 20)}, budget=0, warm_up=False), 9)
        self.assertEqual(len(found["measures"]["work"]["sides"][OURS]["rounds"]), 3)
        found = run(workload({OURS: side("a", *[1] * 20)}, budget=0, rounds=2, warm_up=False), 9)
        self.assertEqual(len(found["measures"]["work"]["sides"][OURS]["rounds"]), 2)

    def test_a_side_that_ends_is_named_with_its_last_words(self):
        with self.assertRaisesRegex(SideFailed, "peer: out of seconds"):
            run(workload({OURS: side("a", *[1] * 9), "peer": side("b", 1)}), 3)
        with self.assertRaisesRegex(SideFailed, "Pushforward: no such run"):
            run(workload({OURS: Command([sys.executable, "-c", "import sys; sys.exit('no such run')"])}), 1)


def figures(median, ratio=1.0, **more):
    def spread(value):
        return {"median": value, "low": value * 0.9, "high": value * 1.1}

    return {"seconds": spread(median), "ratio": spread(ratio), "rounds": [median] * 5, **more}


def result(name, measures, **more):
    machine = {"processor": "A processor", "threads": 2, "commit": "abc", "versions": {"torch": "1.0"}}
    shared = {"workload": name, "group": "Group", "title": "A title", "note": "", "checks": {}, "machine": machine}
    return {**shared, "measures": measures, **more}


def measure(sides, goals=None, limit=None, memory_goal=None):
    return {"title": "step", "goals": goals or {}, "limit": limit, "memory_goal": memory_goal, "sides": sides}


class Page(unittest.TestCase):
    def test_rows_bars_goals(self):
        sides = {
            OURS: figures(0.002, peak_mib=200.0, added_mib=10.0),
            "zuko": figures(0.004, 2.0, peak_mib=300.0, added_mib=15.0),
            "flowjax": figures(0.003, 1.5, scaled=True),
        }
        text = page.page([result("one", {"step": measure(sides, {"zuko": 1.9, "flowjax": 8}, 0.001, memory_goal=2)})])
        self.assertIn("Of 4 goals 1 are met.", text)
        self.assertIn("| **A title** | | | | | | | |\n| step | Pushforward | 5 | 2.00 ms | ████████ |  | 200 (10) | at most 1.00 ms: missed |", text)
        self.assertIn(
            "|  | zuko | 5 | 4.00 ms | ████████████████ | 2.00 (1.80 to 2.20) | 300 (15)"
            " | 1.9 times: met; 2 times the memory: missed |", text)
        self.assertIn("| 3.00 ms* | ████████████ | 1.50 (1.35 to 1.65) |  | 8 times: missed |", text)
        self.assertIn("with an asterisk", text)
        self.assertIn("- A processor, 2 threads; torch 1.0. Measured at commit abc one.", text)

    def test_matrix_remarks_and_machines(self):
        names = {"normal cdf": 1.0, "normal rvs": 12.34, "gamma rvs": 3.0}
        cells = {name: measure({OURS: figures(1.0), "SciPy": figures(ratio, ratio)}) for name, ratio in names.items()}
        other = {"processor": "Another", "threads": 4, "commit": "def", "versions": {"scipy": "2.0"}}
        text = page.page([
            result("many", cells, checks={"difference": 1e-9}),
            result("two", {"step": measure({OURS: figures(1.0)})}, machine=other, note="a note."),
        ])
        self.assertIn("| | cdf | rvs |\n|---|---|---|\n| normal | 1.0 | 12 |\n| gamma |  | 3.0 |", text)
        self.assertIn("- A title: difference 1e-09.", text)
        self.assertIn("- A title: a note.", text)
        self.assertIn("- Another, 4 threads; scipy 2.0. Measured at commit def two.", text)

    def test_units(self):
        found = [page.time(value) for value in (63.4, 1.5, 0.0123456, 9.9e-5, 1.234e-7)]
        self.assertEqual(found, ["63.4 s", "1.50 s", "12.3 ms", "99.0 µs", "123 ns"])
        self.assertEqual([page.digits(value) for value in (0.05, 1234.5, float("nan"))], ["0.0500", "1234", "not a number"])
        self.assertEqual((page.bar(0), page.bar(1)), ("▏", "█" * 16))


class Names(unittest.TestCase):
    workloads = [Workload(name, "", "", {}, []) for name in ("flow-6", "flow-63", "tree")]

    def test_patterns(self):
        def names(*patterns):
            return [found.name for found in bench.picked(self.workloads, patterns)]

        self.assertEqual(names(), ["flow-6", "flow-63", "tree"])
        self.assertEqual(names("tree", "flow-6*"), ["flow-6", "flow-63", "tree"])
        self.assertEqual(names("flow-6"), ["flow-6"])
        with self.assertRaisesRegex(bench.Problem, "(?s)no workload flw.*flow-6, flow-63, tree"):
            names("flow-6", "flw")

    def test_rounds(self):
        self.assertEqual(bench.rounds_wanted("12"), 12)
        for text in ("0", "-1", "many", "1.5"):
            with self.assertRaises(bench.Problem):
                bench.rounds_wanted(text)


if __name__ == "__main__":
    unittest.main()
