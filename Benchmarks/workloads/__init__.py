"""All workloads, in the order of the page."""

from . import classical, discrepancies, distributions, dynamics, flows, package

WORKLOADS = [
    *flows.WORKLOADS, *classical.WORKLOADS, *discrepancies.WORKLOADS, *distributions.WORKLOADS, *dynamics.WORKLOADS,
    *package.WORKLOADS,
]
