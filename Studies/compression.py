"""Sizes of MNIST's test images under models, beside gzip, xz and PNG.

    compression.py PROGRAM DATA_FOLDER [--epochs 30] [--eight-bit]

The folder `mnist` of the data has train-images-idx3-ubyte.gz and t10k-images-idx3-ubyte.gz. Images are binarized at 128. Models are fitted to the
training images; each file is decompressed and compared with the images byte by byte. Needs Pillow for PNG: all images in
one picture, 100 in a row.
"""

import argparse
import gzip
import io
import json
import lzma
import subprocess
import tempfile
from pathlib import Path


def read(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


def binarized(content: bytes) -> bytes:
    return content[:16] + bytes(255 * (value >= 128) for value in content[16:])


def png(content: bytes, bits: bool) -> int:
    from PIL import Image

    side, count = 28, (len(content) - 16) // 784
    sheet = Image.new("L", (100 * side, -(-count // 100) * side))
    for place in range(count):
        image = Image.frombytes("L", (side, side), content[16 + 784 * place : 16 + 784 * (place + 1)])
        sheet.paste(image, (place % 100 * side, place // 100 * side))
    file = io.BytesIO()
    (sheet.convert("1") if bits else sheet).save(file, "png", optimize=True)
    return file.tell()


def packed(content: bytes) -> bytes:
    """Eight pixels a byte, which is kinder to gzip and xz."""
    text = "".join("1" if value else "0" for value in content[16:])
    return int(text, 2).to_bytes(len(text) // 8, "big")


def model_size(program: str, folder: Path, name: str, model: str, options: list[str]) -> dict:
    train, test = folder / "train-idx3-ubyte", folder / "test-idx3-ubyte"
    run, file, back = folder / name, folder / f"{name}.pf", folder / f"{name}-idx3-ubyte"
    subprocess.run([program, "fit", model, train, "--out", run, "--no-report", "--quiet", *options], check=True)
    found = subprocess.run(
        [program, "compress", run, test, "-o", file, "--json"], check=True, capture_output=True, text=True
    )
    subprocess.run([program, "decompress", file, "-o", back], check=True)
    if back.read_bytes() != test.read_bytes():
        raise SystemExit(f"{name}: the images did not come back")
    return json.loads(found.stdout)


def study(program: str, train: bytes, test: bytes, bits: bool, models: dict[str, tuple[str, list[str]]]) -> None:
    raw = packed(test) if bits else test[16:]
    print(f"{'binarized' if bits else '8-bit'}: {len(raw)} bytes")
    for name, size in [
        ("gzip -9", len(gzip.compress(raw, 9))),
        ("xz -9e", len(lzma.compress(raw, preset=9 | lzma.PRESET_EXTREME))),
        ("PNG", png(test, bits)),
    ]:
        print(f"  {name:14}{size:10}  {8 * size / (len(test) - 16):.4f} bits/dim")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "train-idx3-ubyte").write_bytes(train)
        (folder / "test-idx3-ubyte").write_bytes(test)
        for name, (model, options) in models.items():
            found = model_size(program, folder, name, model, options)
            print(
                f"  {name:14}{found['bytes']:10}  {found['bits_per_dimension']:.4f} bits/dim, "
                f"the model's {found['model_bits_per_dimension']:.4f}, ratio {found.get('ratio', 0):.4f}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("data", type=Path)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--eight-bit", action="store_true")
    given = parser.parse_args()
    train, test = (read(given.data / "mnist" / f"{part}-images-idx3-ubyte.gz") for part in ("train", "t10k"))
    network = [
        "--set", f"training.maximumEpochs={given.epochs}", "--set", "configuration.codeFeatures=50",
        "--set", "configuration.network={multilayerPerceptron: {hiddenFeatures: [200, 200]}}",
    ]
    models = {
        "independent": ("independent", []),
        "chow-liu": ("chow-liu", []),
        "vae": ("vae", network + ["--set", "configuration.likelihood=bernoulli"]),
    }
    study(given.program, binarized(train), binarized(test), True, models)
    if given.eight_bit:
        levels = "configuration.likelihood={discretizedLogistic: {levels: 256}}"
        study(given.program, train, test, False, {"vae-logistic": ("vae", network + ["--set", levels])})


if __name__ == "__main__":
    main()
