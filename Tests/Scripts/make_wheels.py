#!/usr/bin/env python3
"""Writes wheels with the layout of the real ones and next to nothing in them, to test Scripts/setup.sh with.

make_wheels.py FOLDER (cpu|cuda) TORCH_VERSION [PYARROW_VERSION [BOOST_VERSION]]
"""

import os
import platform
import sys
import zipfile

TAG = f"cp311-cp311-manylinux_2_28_{platform.machine()}"
ANY = "py3-none-any"
MANYLINUX1 = f"py3-none-manylinux_2_17_{platform.machine()}"


def wheel(folder, name, version, tag, files, requires=()):
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {line}\n" for line in requires)
    files = dict(files)
    files[f"{info}/METADATA"] = metadata
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: {tag}\n"
    files[f"{info}/licenses/LICENSE"] = "A license.\n"
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in files)
    with zipfile.ZipFile(os.path.join(folder, f"{name}-{version}-{tag}.whl"), "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, text)


def torch(folder, version, requires):
    major, minor, patch = version.split("+")[0].split(".")
    header = f"#define TORCH_VERSION_MAJOR {major}\n#define TORCH_VERSION_MINOR {minor}\n"
    header += f"#define TORCH_VERSION_PATCH {patch}\n#define TORCH_VERSION_ABI_TAG 0\n"
    files = {
        "torch/__init__.py": "",
        "torch/version.py": f"__version__ = '{version}'\n",
        "torch/include/torch/headeronly/version.h": header,
        "torch/include/ATen/ATen.h": "",
        "torch/lib/libtorch.so": "",
        "torch/lib/libtorch_cpu.so": "x" * 4_000_000,
        "torch/lib/libc10.so": "",
        "torch/lib/libtorch_python.so": "",
        "torch/test/test_it.py": "",
        "torchgen/gen.py": "",
        "torchgen/packaged/ATen/native/native_functions.yaml": "- func: ones\n",
    }
    wheel(folder, "torch", version, TAG, files, ["sympy>=1.13.3", *requires])


def main(folder, kind, torch_version, pyarrow_version="26.0.1", boost_version="1.90.0"):
    os.makedirs(folder, exist_ok=True)
    if kind == "cpu":
        torch(folder, torch_version, [])
    else:
        # As torch 2.11 names them: some directly, some as extras of a wheel that holds nothing itself.
        linux = 'platform_system == "Linux"'
        torch(
            folder,
            torch_version,
            [
                f"cuda-toolkit[cublas,cudart]==13.0.2; {linux}",
                f"cuda-bindings<14,>=13.0.3; {linux}",
                f"nvidia-nccl-cu13==2.28.9; {linux}",
                'nvidia-elsewhere==1.0; platform_system == "Windows"',
                f"triton==3.6.0; {linux}",
            ],
        )
        extras = [
            f'nvidia-{name}==13.0; {linux} and extra == "{extra}"'
            for name, extra in [("cublas", "cublas"), ("cuda-runtime", "cudart"), ("curand", "curand")]
        ]
        wheel(folder, "cuda_toolkit", "13.0.2", ANY, {"cuda_toolkit/__init__.py": ""}, extras)
        cublas = {"nvidia/cu13/lib/libcublas.so.13": "", "nvidia/cu13/lib/libcublas_static.a": ""}
        wheel(folder, "nvidia_cublas", "13.0", MANYLINUX1, cublas)
        wheel(folder, "nvidia_cuda_runtime", "13.0", MANYLINUX1, {"nvidia/cu13/lib/libcudart.so.13": ""})
        wheel(folder, "nvidia_nccl_cu13", "2.28.9", MANYLINUX1, {"nvidia/nccl/lib/libnccl.so.2": ""})
    arrow = pyarrow_version.split(".")[0] + "00"
    files = {
        "pyarrow/__init__.py": "",
        "pyarrow/include/arrow/api.h": "",
        "pyarrow/include/arrow/python/api.h": "",
        f"pyarrow/libarrow.so.{arrow}": "",
        f"pyarrow/libparquet.so.{arrow}": "",
        f"pyarrow/libarrow_flight.so.{arrow}": "",
        "pyarrow/lib.cpython-311-x86_64-linux-gnu.so": "",
    }
    wheel(folder, "pyarrow", pyarrow_version, TAG, files)
    files = {
        "cmeel.prefix/include/boost/math/special_functions/gamma.hpp": "",
        "cmeel.prefix/include/boost/asio.hpp": "",
        "cmeel.prefix/lib/libboost_math_tr1.so": "",
    }
    wheel(folder, "cmeel_boost", boost_version, TAG, files, ["cmeel", "numpy>=2.0"])


if __name__ == "__main__":
    main(*sys.argv[1:])
