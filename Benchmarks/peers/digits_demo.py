"""Training of the flow of `make demo` by zuko: what DigitsDemoWorkload.swift measures, without dropout and averaged weights.

Seconds of all 120 epochs, from those of one.
"""

from .serving import Served, seconds

EPOCHS = 120


def workload():
    import torch

    from .flow_models import zuko_flow

    features, batch = 64, 128
    torch.manual_seed(0)
    training, validation = torch.randn(1617, features), torch.randn(180, features)
    flow, log_prob, _ = zuko_flow("spline", features, hidden=128, layers=10)
    optimizer = torch.optim.Adam(flow.parameters(), 1e-3, fused=True)

    def epoch():
        flow.train()
        for rows in torch.randperm(len(training))[: len(training) // batch * batch].split(batch):
            optimizer.zero_grad()
            (-log_prob(training[rows]).mean()).backward()
            torch.nn.utils.clip_grad_norm_(flow.parameters(), 5.0)
            optimizer.step()
        flow.eval()
        with torch.no_grad():
            log_prob(validation).mean().item()

    return Served({"training": lambda: EPOCHS * seconds(epoch)}, scaled=True)
