"""The peers' sides of the workloads, one file for each kind; `python -m peers KIND ARGUMENT...` serves one."""
