"""All workloads, in the order of the page."""

from . import autoencoders, classical, discrepancies, distributions, flows, package

WORKLOADS = [
    *flows.WORKLOADS, *autoencoders.WORKLOADS, *classical.WORKLOADS, *discrepancies.WORKLOADS,
    *distributions.WORKLOADS, *package.WORKLOADS,
]
