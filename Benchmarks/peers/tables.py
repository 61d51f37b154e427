"""Reads a table of numbers with pyarrow.csv: tables TABLE.csv."""

from .serving import Served, seconds


def workload(path):
    import pyarrow.csv

    counts = {}

    def read():
        table = pyarrow.csv.read_csv(path)
        counts.update(rows=table.num_rows, columns=table.num_columns)

    return Served({"read": lambda: seconds(read)}, result=lambda: counts)
