"""All workloads, in the order of the page."""

from . import autoencoders, classical, discrepancies, distributions, dynamics, flows, package

WORKLOADS = [
    *flows.WORKLOADS, *autoencoders.WORKLOADS, *classical.WORKLOADS, *discrepancies.WORKLOADS,
    *distributions.WORKLOADS, *dynamics.WORKLOADS, *package.WORKLOADS,
]
