"""What the figures were measured on, and with."""

import importlib.metadata
import os
import pathlib
import re
import subprocess

LIBRARIES = [
    "torch", "zuko", "nflows", "flowjax", "jax", "scipy", "scikit-learn", "mlpack", "POT", "geomloss", "pyarrow", "numpy",
]


def machine(root):
    """The processor, the libraries' versions and our commit."""
    return {"processor": processor(), "threads": len(os.sched_getaffinity(0)), "commit": commit(root), "versions": versions(root)}


def processor():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    name = re.search(r"model name\s*:\s*(.+)", text)
    wide = [word for word in ("avx2", "avx512f") if re.search(rf"\b{word}\b", text)]
    return f"{name[1].strip() if name else 'unknown'}{f' ({wide[-1]})' if wide else ''}"


def versions(root):
    found = {}
    stamp = root / ".deps/stamp"
    if stamp.exists() and (libtorch := re.search(r"^torch (\S+)", stamp.read_text(), re.MULTILINE)):
        found["libtorch"] = libtorch[1]
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def commit(root):
    """Our commit, with a + when files that are measured differ from it."""

    def git(*arguments):
        result = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True)
        return result.stdout.strip() if result.returncode == 0 else ""

    changed = git("status", "--porcelain", "--", "Sources", "Package.swift", "Benchmarks/Sources", "Benchmarks/peers")
    return (git("rev-parse", "--short=10", "HEAD") or "unknown") + ("+" if changed else "")
