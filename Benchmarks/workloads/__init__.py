"""All workloads, in the order of the page."""

from . import classical, discrepancies, distributions, flows, package

WORKLOADS = [
    *flows.WORKLOADS, *classical.WORKLOADS, *discrepancies.WORKLOADS, *distributions.WORKLOADS, *package.WORKLOADS,
]
