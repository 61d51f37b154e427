"""Writes the files of tensors that TorchTests reads: safetensors, npy and npz, as the Python libraries write them.

    python Tests/References/generate_tensor_files.py

Needs torch, numpy and safetensors. Versions at the last run: torch 2.13.0, numpy 2.4.6, safetensors 0.8.0.
"""

import io
import pathlib
import zipfile

import numpy as np
import torch
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).parent.parent / "TorchTests" / "Fixtures"


def numbers(dtype):
    """The numbers of every array: TorchTests expects these."""
    if dtype in (np.bool_, torch.bool):
        return [True, False, True, True, False, False]
    if dtype in (np.uint8, torch.uint8):
        return [0, 1, 2, 127, 128, 255]
    if dtype in (np.int8, np.int16, np.int32, np.int64, torch.int8, torch.int16, torch.int32, torch.int64):
        return [0, 1, -1, 127, -128, 5]
    return [0.0, 0.5, -1.25, 3.0, -1024.0, 0.0078125]


def safetensors_files():
    types = dict(
        f64=torch.float64, f32=torch.float32, f16=torch.float16, bf16=torch.bfloat16, i64=torch.int64,
        i32=torch.int32, i16=torch.int16, i8=torch.int8, u8=torch.uint8, bool=torch.bool,
    )
    tensors = {name: torch.tensor(numbers(t), dtype=t).reshape(2, 3) for name, t in types.items()}
    tensors["scalar"] = torch.tensor(2.5)
    tensors["empty"] = torch.zeros(0, 4)
    tensors["layers.0.weight"] = torch.arange(6, dtype=torch.float32).reshape(3, 2)
    tensors['Größe "\\'] = torch.tensor([1.0])
    save_file(tensors, FOLDER / "all-types.safetensors", metadata={"note": 'a "text"\nof\ttwo lines, ü, \x01'})
    save_file({"weight": torch.ones(2)}, FOLDER / "plain.safetensors")
    save_file({"wide": torch.ones(2, dtype=torch.uint32)}, FOLDER / "unsupported.safetensors")


def npy_files():
    for name in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "b1"]:
        dtype = np.dtype(name)
        np.save(FOLDER / f"{name}.npy", np.array(numbers(dtype.type), dtype=dtype).reshape(2, 3))
    matrix = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    np.save(FOLDER / "fortran.npy", np.asfortranarray(matrix))
    np.save(FOLDER / "scalar.npy", np.float64(2.5))
    np.save(FOLDER / "vector.npy", np.arange(5, dtype=np.int64))
    np.save(FOLDER / "empty.npy", np.zeros((0, 4), dtype=np.float32))
    for version in [(2, 0), (3, 0)]:
        with open(FOLDER / f"version{version[0]}.npy", "wb") as file:
            np.lib.format.write_array(file, matrix, version=version)
    np.save(FOLDER / "big-endian.npy", np.arange(3, dtype=">f4"))
    np.save(FOLDER / "object.npy", np.array([{}, 1], dtype=object), allow_pickle=True)
    np.save(FOLDER / "fields.npy", np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
    np.save(FOLDER / "complex.npy", np.zeros(2, dtype=np.complex64))
    np.save(FOLDER / "unsigned.npy", np.zeros(2, dtype=np.uint32))


def npz_files():
    arrays = dict(a=np.arange(6, dtype=np.float32).reshape(2, 3), b=np.array([1, 2], dtype=np.int64), s=np.float64(0.5))
    np.savez(FOLDER / "stored.npz", **arrays)
    # Text-like, noise-like and constant parts make all kinds of deflate blocks.
    noise = np.random.default_rng(1).integers(0, 256, 3000).astype(np.uint8)
    steps = (np.arange(4000) // 7 % 50).astype(np.int16)
    np.savez_compressed(FOLDER / "compressed.npz", steps=steps, noise=noise, zeros=np.zeros(50_000, dtype=np.uint8))
    small = io.BytesIO()
    np.save(small, np.array([1.0, 2.0, 3.0]))
    with zipfile.ZipFile(FOLDER / "fixed-block.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        file.writestr(zipfile.ZipInfo("x.npy", (1980, 1, 1, 0, 0, 0)), small.getvalue(), zipfile.ZIP_DEFLATED)
        file.comment = b"a comment after the directory"
    with zipfile.ZipFile(FOLDER / "text-part.npz", "w") as file:
        file.writestr(zipfile.ZipInfo("readme.txt", (1980, 1, 1, 0, 0, 0)), b"no array")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    safetensors_files()
    npy_files()
    npz_files()
