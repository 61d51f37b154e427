"""Epochs of the variational autoencoder of Burda et al. in PyTorch: what AutoencoderWorkload.swift measures.

Seconds of one of 600 steps, from those of 60; bits are drawn in each step, as ours are.
"""

from .serving import Served, seconds

SCALE = 10


def workload():
    import torch
    from torch import nn

    def perceptron(*sizes):
        layers = []
        for first, second in zip(sizes, sizes[1:]):
            layers += [nn.Linear(first, second), nn.Tanh()]
        return nn.Sequential(*layers[:-1])

    torch.manual_seed(0)
    rows, batch = (torch.rand(6000, 784) > 0.7).float(), 100
    encoder, decoder = perceptron(784, 200, 200, 100), perceptron(50, 200, 200, 784)
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], 1e-3, fused=True)

    def epoch():
        for chosen in torch.randperm(len(rows)).split(batch):
            x = torch.bernoulli(rows[chosen])
            mean, log_variance = encoder(x).chunk(2, 1)
            code = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
            bits = nn.functional.binary_cross_entropy_with_logits(decoder(code), x, reduction="sum")
            divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum()
            optimizer.zero_grad()
            ((bits + divergence) / batch).backward()
            optimizer.step()

    return Served({"epoch": lambda: SCALE * seconds(epoch)}, scaled=True)
