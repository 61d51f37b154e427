"""A training step, log-densities and draws of a flow: flows LIBRARY KIND FEATURES ROWS HIDDEN.

Five couplings or autoregressive layers, two hidden layers, 8 bins: what Benchmarks/Sources/Workloads/FlowWorkload.swift measures. Beyond MOST rows a
library takes them in chunks, of the size that suits it best, and MOST of them stand for all.
"""

from .serving import Served, seconds, seconds_per_call

MOST = 1 << 15
CHUNKS = [1 << 9, 1 << 11, 1 << 13, 1 << 15]


def workload(library, kind, features, rows, hidden):
    features, rows, hidden = int(features), int(rows), int(hidden)
    make = jax_work if library == "flowjax" else torch_work
    if rows <= MOST:
        step, density, sampling, wait = make(library, kind, features, rows, hidden)
        works = {"step": step, "density": density, "sampling": sampling}
        return Served({name: lambda work=work: seconds_per_call(work, wait) for name, work in works.items()})

    candidates = {size: make(library, kind, features, size, hidden) for size in CHUNKS}
    best = {}

    def measure(index):
        def all_chunks(size):
            work, wait = candidates[size][index], candidates[size][3]
            return seconds(lambda: [wait(work()) for _ in range(MOST // size)])

        if index not in best:
            for size in CHUNKS:  # compiles, allocates
                candidates[size][3](candidates[size][index]())
            best[index] = min(CHUNKS, key=all_chunks)
        return all_chunks(best[index]) * rows / MOST

    return Served(
        {"density": lambda: measure(1), "sampling": lambda: measure(2)},
        result=lambda: {name: best.get(index) for name, index in (("density_chunk", 1), ("sampling_chunk", 2))},
        scaled=True,
    )


def torch_work(library, kind, features, rows, hidden):
    import torch

    from .flow_models import FLOWS

    torch.manual_seed(0)
    flow, log_prob, sample = FLOWS[library](kind, features, hidden)
    x = torch.randn(rows, features)
    optimizer = torch.optim.Adam(flow.parameters(), 1e-3, fused=True)

    def step():
        loss = -log_prob(x).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def density():
        with torch.no_grad():
            log_prob(x)

    def draw():
        with torch.no_grad():
            sample(rows)

    return step, density, draw, lambda value: value


def jax_work(library, kind, features, rows, hidden):
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    import jax.random as jr
    import optax
    import paramax
    from flowjax.bijections import RationalQuadraticSpline
    from flowjax.distributions import Normal
    from flowjax.flows import coupling_flow, masked_autoregressive_flow

    transformer = {"transformer": RationalQuadraticSpline(knots=8, interval=5)} if kind.endswith("spline") else {}
    make = masked_autoregressive_flow if kind.startswith("autoregressive") else coupling_flow
    flow = make(
        jr.key(1), base_dist=Normal(jnp.zeros(features)), flow_layers=5, nn_width=hidden, nn_depth=2, **transformer
    )
    x = jr.normal(jr.key(0), (rows, features))
    parameters, static = eqx.partition(
        flow, eqx.is_inexact_array, is_leaf=lambda leaf: isinstance(leaf, paramax.NonTrainable)
    )
    optimizer = optax.adam(1e-3)
    state = [parameters, optimizer.init(parameters)]

    def build(p):
        return paramax.unwrap(eqx.combine(p, static))

    @jax.jit
    def advance(p, s):
        loss, gradient = jax.value_and_grad(lambda q: -build(q).log_prob(x).mean())(p)
        updates, s = optimizer.update(gradient, s, p)
        return optax.apply_updates(p, updates), s, loss

    def step():
        state[0], state[1], loss = advance(*state)
        return loss

    density = jax.jit(lambda p: build(p).log_prob(x))
    draw = jax.jit(lambda p, k: build(p).sample(k, (rows,)))
    return step, lambda: density(parameters), lambda: draw(parameters, jr.key(3)), jax.block_until_ready
