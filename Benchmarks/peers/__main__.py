import importlib
import sys

from . import serving

kind, *arguments = sys.argv[1:]
serving.serve(importlib.import_module(f".{kind}", __package__).workload(*arguments))
