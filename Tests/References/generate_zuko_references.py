"""Writes zuko.json: weights and log-densities of small flows of the library zuko.

    python Tests/References/generate_zuko_references.py

Needs torch and zuko. Versions at the last run: 2.13.0 and 1.6.0. All numbers are 64-bit; weights are rounded to 4 digits.
"""

import json
import pathlib

import torch
import zuko

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)


def case(name, flow, features, context):
    for parameter in flow.parameters():
        parameter.data = torch.round(parameter.data * 2e4) / 1e4
    x = torch.round(torch.randn(20, features) * 2e4) / 1e4
    c = torch.round(torch.randn(20, context) * 1e4) / 1e4 if context else None
    state = {
        key: dict(shape=list(value.shape), values=value.double().flatten().tolist())
        for key, value in flow.state_dict().items()
    }
    return dict(
        name=name, state=state, x=x.tolist(), context=c.tolist() if context else [],
        logProb=flow(c).log_prob(x).tolist(),
    )


cases = [
    case("nsf", zuko.flows.NSF(3, 2, transforms=3, hidden_features=(7, 5), bins=4), 3, 2),
    case("maf", zuko.flows.MAF(4, transforms=2, hidden_features=(6, 9)), 4, 0),
    case("nsf permuted", zuko.flows.NSF(4, transforms=2, hidden_features=(8, 8), bins=3, randperm=True), 4, 0),
    case("nsf couplings", zuko.flows.NSF(4, 1, transforms=3, hidden_features=(6, 5), bins=3, passes=2), 4, 1),
]
pathlib.Path(__file__).with_name("zuko.json").write_text(json.dumps(cases) + "\n")
