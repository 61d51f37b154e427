"""The photographs of BSDS300, for the studies."""

import gzip

import numpy as np


def photographs(path):
    """Grey PGM images that stand one after another in a file."""
    raw = gzip.open(path).read()
    images, at = [], 0
    while at < len(raw):
        header = raw[at : at + 64].split(None, 4)[:4]
        width, height = int(header[1]), int(header[2])
        start = raw.index(header[3], at + 2 + len(header[1]) + len(header[2])) + len(header[3]) + 1
        images.append(np.frombuffer(raw, np.uint8, width * height, start).reshape(height, width))
        at = start + width * height
    return images
