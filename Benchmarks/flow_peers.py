"""Milliseconds for a training step, the density and samples of a coupling spline flow in a Python library.

    flow_peers.py {zuko,nflows} [features] [batch] [hidden]

Five couplings, two hidden layers, 8 bins: what Benchmarks/Sources/TrainingStep measures. One line of JSON.
"""

import json
import sys
import time

import torch


def milliseconds(work, calls=20, repeats=15):
    for _ in range(3):
        work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in range(calls):
            work()
        times.append((time.perf_counter() - start) / calls)
    return round(1e3 * min(times), 3)


def zuko_flow(features, hidden):
    import zuko

    flow = zuko.flows.NSF(features, 0, transforms=5, bins=8, passes=2, hidden_features=(hidden, hidden))
    return flow, lambda x: flow().log_prob(x), lambda n: flow().sample((n,))


def nflows_flow(features, hidden):
    from nflows import distributions, flows, transforms
    from nflows.nn.nets import MLP

    class Network(torch.nn.Module):
        def __init__(self, inputs, outputs):
            super().__init__()
            self.layers = MLP([inputs], [outputs], [hidden, hidden])

        def forward(self, x, context=None):
            return self.layers(x)

    steps = []
    for index in range(5):
        mask = torch.ones(features)
        mask[index % 2 :: 2] = -1
        steps.append(
            transforms.PiecewiseRationalQuadraticCouplingTransform(
                mask, Network, num_bins=8, tails="linear", tail_bound=5.0
            )
        )
    flow = flows.Flow(transforms.CompositeTransform(steps), distributions.StandardNormal([features]))
    return flow, flow.log_prob, flow.sample


def main():
    library, *numbers = sys.argv[1:]
    features, batch, hidden = [int(n) for n in numbers] + [6, 256, 64][len(numbers) :]
    torch.manual_seed(0)
    flow, log_prob, sample = {"zuko": zuko_flow, "nflows": nflows_flow}[library](features, hidden)
    x = torch.randn(batch, features)
    optimizer = torch.optim.Adam(flow.parameters(), 1e-3, fused=True)

    def train():
        loss = -log_prob(x).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def density():
        with torch.no_grad():
            log_prob(x)

    def draw():
        with torch.no_grad():
            sample(batch)

    figures = {
        "library": library,
        "features": features,
        "batch": batch,
        "hidden": hidden,
        "train_ms": milliseconds(train),
        "log_prob_ms": milliseconds(density),
        "sample_ms": milliseconds(draw),
    }
    print(json.dumps(figures, sort_keys=True), flush=True)


main()
