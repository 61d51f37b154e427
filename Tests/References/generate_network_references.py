"""Writes networks.json: outputs and gradients of layers, and weights after optimizer steps, as PyTorch computes them.

    python Tests/References/generate_network_references.py

Needs torch. Version at the last run: 2.13.0. All numbers are 64-bit.
"""

import json
import pathlib

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
ACTIVATIONS = dict(
    relu=nn.ReLU(), silu=nn.SiLU(), tanh=nn.Tanh(), gelu=nn.GELU(), elu=nn.ELU(), leakyRelu=nn.LeakyReLU(),
    sigmoid=nn.Sigmoid(), identity=nn.Identity(),
)


def values(*shape, phase=0.0):
    """Numbers without a generator, which the tests make again."""
    count = int(torch.tensor(shape).prod())
    return torch.sin(torch.arange(count) * 0.7 + phase).reshape(shape)


def fill(module):
    for index, parameter in enumerate(module.parameters()):
        parameter.data = values(*parameter.shape, phase=index + 1.0)
    return module


def record(module, call, x):
    x = x.clone().requires_grad_()
    y = call(x)
    gradients = torch.autograd.grad((y * values(*y.shape, phase=0.3)).sum(), [x, *module.parameters()])
    return dict(output=y.flatten().tolist(), gradients=[g.flatten().tolist() for g in gradients])


class ResidualBlock(nn.Module):
    """As in nflows, `nn/nets/resnet.py`, without batch normalization."""

    def __init__(self, features, context):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(features, features) for _ in range(2)])
        self.gate = nn.Linear(context, features)

    def forward(self, x, context):
        inner = self.layers[1](torch.relu(self.layers[0](torch.relu(x))))
        return x + nn.functional.glu(torch.cat((inner, self.gate(context)), dim=1), dim=1)


class ResidualNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.initial = nn.Linear(5, 4)
        self.blocks = nn.ModuleList([ResidualBlock(4, 2) for _ in range(2)])
        self.final = nn.Linear(4, 3)

    def forward(self, x, context):
        hidden = self.initial(torch.cat((x, context), dim=1))
        for block in self.blocks:
            hidden = block(hidden, context)
        return self.final(hidden)


def layers():
    x = values(4, 3)
    linear = fill(nn.Linear(3, 2))
    norm = fill(nn.LayerNorm(3))
    mlp = fill(nn.Sequential(nn.Linear(3, 5), nn.SiLU(), nn.Linear(5, 4), nn.SiLU(), nn.Linear(4, 2)))
    residual = fill(ResidualNetwork())
    context = values(4, 2, phase=5.0)
    result = {
        "linear": record(linear, linear, x),
        "layerNormalization": record(norm, norm, x),
        "multilayerPerceptron": record(mlp, mlp, x),
        "residual": record(residual, lambda x: residual(x, context), x),
    }
    for name, module in ACTIVATIONS.items():
        result[name] = record(module, module, 3 * x)
    return result | series()


def series():
    """Layers of images, series and sets. Three series of 5, 2 and 4 steps lie in one padded tensor."""
    x = values(3, 5, 4)
    lengths = torch.tensor([5, 2, 4])
    padding = torch.arange(5) >= lengths[:, None]
    images = values(2, 3, 7, 6)
    conv1d = fill(nn.Conv1d(4, 3, 3, stride=2, padding=1))
    conv2d = fill(nn.Conv2d(3, 2, 3, stride=2, padding=1))
    gru = fill(nn.GRU(4, 3, num_layers=2, bidirectional=True, batch_first=True))
    embedding = fill(nn.Embedding(4, 3))
    attention = fill(nn.MultiheadAttention(4, 2, batch_first=True))
    memory = values(3, 6, 4, phase=2.0)
    unused = torch.arange(6) >= torch.tensor([6, 1, 3])[:, None]

    def states(x):
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        output, last = gru(packed)
        output, _ = nn.utils.rnn.pad_packed_sequence(output, batch_first=True)
        return torch.cat((output.flatten(), last[-2:].movedim(0, 1).flatten()))

    def encoder(normalizes_first):
        layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True, norm_first=normalizes_first)
        layer = fill(layer)
        # Of steps that do not count only the zeros that follow from the mask are compared.
        return record(layer, lambda x: layer(x, src_key_padding_mask=padding) * ~padding[:, :, None], x)

    return {
        "convolution1D": record(conv1d, conv1d, x.mT),
        "convolution2D": record(conv2d, conv2d, images),
        "adaptiveMeanPooling1D": record(nn.Identity(), lambda x: nn.functional.adaptive_avg_pool1d(x, 3), x),
        "adaptiveMeanPooling2D": record(nn.Identity(), lambda x: nn.functional.adaptive_avg_pool2d(x, 3), images),
        "embedding": record(embedding, lambda x: embedding(torch.tensor([[3, 0], [3, 1]])) + 0 * x.sum(), x),
        "gatedRecurrentUnit": record(gru, states, x),
        "multiHeadAttention": record(
            attention, lambda x: attention(x, memory, 2 * memory, key_padding_mask=unused, need_weights=False)[0], x),
        "transformerEncoderLayer": encoder(True),
        "transformerEncoderLayerAfter": encoder(False),
    }


def optimizers():
    makers = dict(
        adam=lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.95), eps=1e-6),
        adamDecay=lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.1),
        adamW=lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
        sgd=lambda p: torch.optim.SGD(p, lr=0.01),
        sgdMomentum=lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, weight_decay=0.05),
        sgdNesterov=lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, weight_decay=0.05, nesterov=True),
    )
    result = {}
    for name, make in makers.items():
        parameters = [nn.Parameter(values(3, 2)), nn.Parameter(values(4, phase=2.0))]
        optimizer = make(parameters)
        for step in range(20):
            optimizer.zero_grad()
            # A loss whose gradient differs from step to step.
            loss = sum(((p - 0.1 * step) ** 4).sum() for p in parameters) + (parameters[0].sum() - 1) ** 2
            loss.backward()
            optimizer.step()
        result[name] = [p.detach().flatten().tolist() for p in parameters]
    return result


def clipping():
    parameters = [nn.Parameter(values(3, 2)), nn.Parameter(values(4, phase=2.0))]
    sum((p ** 3).sum() for p in parameters).backward()
    norm = torch.nn.utils.clip_grad_norm_(parameters, 0.5)
    return dict(norm=norm.item(), gradients=[p.grad.flatten().tolist() for p in parameters])


if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("networks.json")
    path.write_text(json.dumps(dict(layers=layers(), optimizers=optimizers(), clipping=clipping()), indent=1) + "\n")
