"""Coupling and autoregressive flows of PyTorch's libraries, two hidden layers each."""


def zuko_flow(kind, features, hidden, layers=5):
    import zuko

    shared = dict(transforms=layers, hidden_features=(hidden, hidden))
    if kind == "affine":
        flow = zuko.flows.NICE(features, 0, **shared)
    elif kind == "autoregressive-affine":
        flow = zuko.flows.MAF(features, 0, **shared)
    elif kind == "autoregressive-spline":
        flow = zuko.flows.NSF(features, 0, bins=8, **shared)
    else:
        flow = zuko.flows.NSF(features, 0, bins=8, passes=2, **shared)
    return flow, lambda x: flow().log_prob(x), lambda n: flow().sample((n,))


def nflows_flow(kind, features, hidden, layers=5):
    import torch
    from nflows import distributions, flows, transforms
    from nflows.nn.nets import MLP

    class Network(torch.nn.Module):
        def __init__(self, inputs, outputs):
            super().__init__()
            self.layers = MLP([inputs], [outputs], [hidden, hidden])

        def forward(self, x, context=None):
            return self.layers(x)

    def layer(index):
        mask = torch.ones(features)
        mask[index % 2 :: 2] = -1
        if kind == "affine":
            return transforms.AffineCouplingTransform(mask, Network)
        return transforms.PiecewiseRationalQuadraticCouplingTransform(
            mask, Network, num_bins=8, tails="linear", tail_bound=5.0
        )

    chain = transforms.CompositeTransform([layer(index) for index in range(layers)])
    flow = flows.Flow(chain, distributions.StandardNormal([features]))
    return flow, flow.log_prob, flow.sample


FLOWS = {"zuko": zuko_flow, "nflows": nflows_flow}
