#!/usr/bin/env python3
"""Writes Sources/Reports/Resources/vega.js: Vega, Vega-Lite and Vega-Embed in one script that needs nothing else.

    python3 -m venv /tmp/vega && /tmp/vega/bin/pip install vl-convert-python==1.9.0.post1
    /tmp/vega/bin/python Tools/vega-bundle/make_vega_bundle.py

Building and using Pushforward needs no Python; the script is committed.
"""

import pathlib
import re

import vl_convert

VEGA_LITE = "6.4"  # VegaLiteSpecification.schema names its major version

target = pathlib.Path(__file__).resolve().parents[2] / "Sources/Reports/Resources/vega.js"
script = vl_convert.javascript_bundle(vl_version=VEGA_LITE)
# The script becomes part of a page: nothing in it may end or escape its element.
assert not re.search(r"<!--|</?script", script, re.IGNORECASE), "the bundle cannot stand inside a script element"
# A page that holds the script is a copy of these libraries, so it brings their licences too.
licences = target.with_name("vega.LICENSE").read_text(encoding="utf-8")
assert "*/" not in licences
head = (
    f"/* Vega {vl_convert.get_vega_version()}, Vega-Lite {VEGA_LITE}, Vega-Embed {vl_convert.get_vega_embed_version()}, "
    f"bundled by vl-convert {vl_convert.__version__}; the licences follow.\n\n{licences}*/\n"
)
target.write_text(head + script + "\n", encoding="utf-8")
print(f"{target}: {target.stat().st_size} bytes")
