"""Runs the workloads of both sides by turns, and writes what they took."""
