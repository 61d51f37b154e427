"""Flows beside zuko, nflows (PyTorch) and flowjax (JAX, compiled)."""

from suite.workload import OURS, Measure, Workload

from .sides import ours, peer

GROUP = "Normalizing flows"
LIBRARIES = ["flowjax", "zuko", "nflows"]
AUTOREGRESSIVE = ["flowjax", "zuko"]
MILLION = 1_000_000


def sides(kind, features, rows, hidden, libraries=LIBRARIES):
    sizes = (kind, features, rows, hidden)
    return {OURS: ours("flow", *sizes)} | {name: peer("flows", name, *sizes) for name in libraries}


def goals(*ratios):
    return dict(zip(LIBRARIES, ratios))


def flow(name, kind, features, rows, hidden, step_goals):
    return Workload(
        name=name,
        group=GROUP,
        title=f"{kind} couplings, {features} features, {rows:,} rows, networks of {hidden} x {hidden}",
        sides=sides(kind, features, rows, hidden),
        measures=[
            Measure("step", "training step with Adam", step_goals, memory_goal=2),
            Measure("density", "log-densities"),
            Measure("sampling", "draws"),
        ],
    )


def autoregressive(name, kind, features, rows, hidden, measures, rounds=None):
    return Workload(
        name=name,
        group=GROUP,
        title=f"autoregressive, {kind}, {features} features, {rows:,} rows, networks of {hidden} x {hidden}",
        sides=sides(f"autoregressive-{kind}", features, rows, hidden, AUTOREGRESSIVE),
        measures=measures,
        rounds=rounds,
    )


WORKLOADS = [
    flow("flow-6-64", "spline", 6, 256, 64, goals(6, 22, 22)),
    flow("flow-6-256", "spline", 6, 512, 256, goals(2.7, 4.8, 6)),
    flow("flow-63-256", "spline", 63, 512, 256, goals(3.3, 6.5, 5)),
    flow("flow-affine", "affine", 6, 256, 64, goals(2, 7, 9)),
    autoregressive(
        "maf-63", "affine", 63, 512, 256,
        [Measure("step", "training step with Adam", goals(2, 2)), Measure("density", "log-densities")],
    ),
    autoregressive(
        "nsf-ar-6", "spline", 6, 256, 64,
        [Measure("step", "training step with Adam", goals(6, 15)), Measure("density", "log-densities")],
    ),
    autoregressive("nsf-ar-draws", "spline", 63, 10_000, 64, [Measure("sampling", "draws", goals(5, 10))], rounds=1),
    Workload(
        name="flow-million",
        group=GROUP,
        title=f"spline couplings, 6 features, {MILLION:,} rows, networks of 64 x 64",
        sides=sides("spline", 6, MILLION, 64),
        measures=[
            Measure("density", "log-densities", goals(8, 20, 15)), Measure("sampling", "draws", goals(8, 50, 20)),
        ],
        budget=60,
        check=lambda folder, results: {"rows at a time, for log-densities and draws:": chunks(results)},
        note="peers take 32,768 rows, in chunks of the size that each is fastest with, and their times are multiplied.",
    ),
    Workload(
        name="digits-demo",
        group=GROUP,
        title="training of `make demo`, 120 epochs: spline couplings, 64 features, 1617 rows in batches of 128",
        sides={OURS: ours("digits-demo"), "zuko": peer("digits_demo")},
        measures=[Measure("training", "", {"zuko": 8})],
        budget=60,
        note="10 epochs of ours and one of zuko's, multiplied; ours also has dropout and averages its weights.",
    ),
]


def chunks(results):
    return "; ".join(f"{name} {results[name]['density_chunk']} and {results[name]['sampling_chunk']}" for name in LIBRARIES)
