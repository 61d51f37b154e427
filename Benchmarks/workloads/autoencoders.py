"""Autoencoders beside PyTorch."""

from suite.workload import OURS, Measure, Workload

from .sides import ours, peer

WORKLOADS = [
    Workload(
        name="vae-epoch",
        group="Autoencoders",
        title="epoch of a variational autoencoder, 784-200-200-50, 60,000 rows of bits in batches of 100",
        sides={OURS: ours("autoencoder"), "PyTorch": peer("autoencoder")},
        measures=[Measure("epoch", "", {"PyTorch": 2})],
        note="60 steps of both, multiplied by ten.",
    ),
]
