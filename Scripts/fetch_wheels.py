#!/usr/bin/env python3
"""Fetches wheels and unpacks the parts of them that a C++ program needs.

    fetch_wheels.py FOLDER torch==2.13.0 pyarrow==26.0.1 cmeel-boost==1.90.0

Wheels are downloaded to FOLDER/wheels and unpacked to FOLDER/site in the layout of site-packages, because the
libraries in them find one another by relative run paths. A CUDA build of torch names further wheels (`nvidia-*`,
directly or through the extras of `cuda-toolkit`) in its metadata: those are fetched as well. Nothing here is needed
after set-up, and no Python is needed by the installed libraries.
"""

import ctypes
import email.parser
import errno
import fnmatch
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import zipfile

# The CPython whose wheels are taken. Only their C++ parts are used, so it need not be the one that runs this.
PYTHON_VERSION = "3.11"

# Free space that is asked for before anything is downloaded: wheels and what is unpacked of them.
BOOST_BYTES = 100_000_000
ARROW_BYTES = 400_000_000
CPU_BYTES = 1_500_000_000
CUDA_BYTES = 9_000_000_000

# What is unpacked, by the wheel's name: the first pattern that matches a path decides.
LICENSES = [("+", "*.dist-info/METADATA"), ("+", "*.dist-info/*LICEN[SC]E*"), ("+", "*.dist-info/*NOTICE*")]
CONTENTS = {
    "torch": LICENSES
    + [
        ("-", "torch/lib/libtorch_python*"),
        ("-", "torch/lib/libshm*"),
        ("-", "torch/lib/*_test.so"),
        ("-", "torch/lib/libbackend_with_compiler.so"),
        ("-", "torch/lib/libaoti_custom_ops.so"),
        ("-", "*.a"),
        ("+", "torch/lib/*"),
        ("+", "torch/include/*"),
        ("+", "torch/version.py"),
        ("+", "torchgen/packaged/*"),
        ("+", "torch.libs/*"),
    ],
    "pyarrow": LICENSES
    + [
        ("-", "pyarrow/include/arrow/python/*"),
        ("+", "pyarrow/include/*"),
        ("-", "pyarrow/libarrow_python*"),
        ("-", "pyarrow/libarrow_flight*"),
        ("-", "pyarrow/libarrow_substrait*"),
        ("+", "pyarrow/lib*.so.*"),
        ("+", "pyarrow.libs/*"),
    ],
    # The headers that Boost.Math needs when it stands alone (BOOST_MATH_STANDALONE).
    "cmeel-boost": LICENSES + [("+", "cmeel.prefix/include/boost/math/*")],
    "nvidia-*": LICENSES + [("-", "*.a"), ("-", "*.py"), ("+", "nvidia/*")],
}

# Where the user may name another version.
VERSION_VARIABLES = {"torch": "TORCH_VERSION", "pyarrow": "PYARROW_VERSION", "cmeel-boost": "BOOST_VERSION"}


class Failure(Exception):
    """Something that the user can put right: what is wrong, and the remedy."""

    def __init__(self, problem, remedy):
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


def end_with_parent():
    """Asks the kernel for SIGTERM when the parent process dies, so that a killed set-up leaves none at work."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def place(folder):
    """The folder that lasts, for messages: without the temporary one."""
    return re.sub(r"/tmp\.[^/]*(/.*)?$", "", folder)


def gigabytes(count):
    return f"{count / 1e9:.1f} GB"


def require_space(folder, needed, what):
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Failure(
            f"the disk that holds {place(folder)} has {gigabytes(free)} free; {what} needs {gigabytes(needed)}.",
            "free some space, or move the package to a larger disk, and run Scripts/setup.sh again.",
        )


def full_disk(folder):
    return Failure(
        f"the disk that holds {place(folder)} is full.",
        "free some space, or move the package to a larger disk, and run Scripts/setup.sh again."
        " Nothing was left half-installed.",
    )


def platform_arguments():
    machine = platform.machine()
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(28, 16, -1)] + [f"manylinux2014_{machine}"]
    if machine == "x86_64":
        tags += ["manylinux2010_x86_64", "manylinux1_x86_64"]
    arguments = ["--python-version", PYTHON_VERSION, "--implementation", "cp"]
    arguments += ["--abi", "cp" + PYTHON_VERSION.replace(".", "")]
    for tag in tags:
        arguments += ["--platform", tag]
    return arguments


def download(requirements, folder):
    """Downloads wheels without their dependencies into `folder`; gives the paths of those that are new."""
    os.makedirs(folder, exist_ok=True)
    before = set(os.listdir(folder))
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--retries", "3"]
    command += ["--disable-pip-version-check", "--dest", folder] + platform_arguments() + requirements
    environment = dict(os.environ, PIP_REQUIRE_VIRTUALENV="0", PIP_NO_INPUT="1", TMPDIR=os.path.dirname(folder))
    process = subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, text=True, errors="replace", preexec_fn=end_with_parent
    )
    try:
        _, errors = process.communicate()
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.returncode != 0:
        raise pip_failure(requirements, errors, folder)
    return [os.path.join(folder, name) for name in sorted(set(os.listdir(folder)) - before) if name.endswith(".whl")]


def pip_failure(requirements, errors, folder):
    """Names what a failed `pip download` failed for."""
    if "No space left on device" in errors or "Errno 28" in errors:
        return full_disk(folder)
    if re.search(r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerification", errors):
        return Failure(
            "the certificate of the Python package index could not be verified.",
            "install the certificates (apt-get install ca-certificates) and check the clock; behind a proxy with its"
            " own certificate, name that in PIP_CERT.",
        )
    if re.search(
        r"Retrying \(|NewConnectionError|ConnectionError|ConnectTimeout|ReadTimeout|ProxyError|timed out"
        r"|Name or service not known|Temporary failure in name resolution|HTTPError|50\d (Server|Service)",
        errors,
    ):
        return Failure(
            "the Python package index could not be reached.",
            "check the network (behind a proxy, HTTPS_PROXY; with an index of your own, PIP_INDEX_URL), or give pip a"
            " folder that holds the wheels in PIP_FIND_LINKS, then run Scripts/setup.sh again.",
        )
    missing = re.search(r"requirement (\S+).*\(from versions: ([^)]*)\)", errors)
    if missing:
        wanted, versions = missing.group(1), missing.group(2)
        where = f"Linux {platform.machine()}"
        if versions == "none":
            return Failure(
                f"no wheel of {wanted.split('==')[0]} for {where} was found.",
                "check which package index pip is set to (pip config list; PIP_INDEX_URL, PIP_NO_INDEX), then run"
                " Scripts/setup.sh again.",
            )
        variable = VERSION_VARIABLES.get(wanted.split("==")[0])
        remedy = f"versions found: {', '.join(versions.split(', ')[-8:])}."
        if variable:
            remedy += f" Name one of them in {variable}, or unset it for the pinned version."
        return Failure(f"there is no wheel of {wanted} for {where}.", remedy)
    tail = "\n".join("    " + line for line in errors.strip().splitlines()[-8:])
    return Failure(f"pip could not download {' '.join(requirements)}:\n{tail}", "see pip's message above.")


def metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if re.fullmatch(r"[^/]+\.dist-info/METADATA", name):
                return email.parser.Parser().parsestr(archive.read(name).decode("utf-8", "replace"))
    raise Failure(f"{os.path.basename(wheel)} is not a wheel: it has no metadata.", "run Scripts/setup.sh again.")


def packaging_requirements():
    """pip brings the parser of requirements along; a pip without it needs the package `packaging`."""
    try:
        from pip._vendor.packaging import requirements
    except ImportError:
        try:
            from packaging import requirements
        except ImportError:
            raise Failure("Python's `packaging` was not found.", "apt-get install python3-packaging") from None
    return requirements


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def accelerator_requirements(wheel, extras):
    """The requirements of `wheel` (with `extras`) that bring CUDA libraries: `nvidia-*` and `cuda-toolkit`.

    Python parts (`cuda-bindings`, `triton`, pure Python packages) are left out: C++ programs use none of them.
    """
    parser = packaging_requirements()
    environment = {"python_version": PYTHON_VERSION, "python_full_version": PYTHON_VERSION + ".0"}
    found = []
    for line in metadata(wheel).get_all("Requires-Dist") or []:
        requirement = parser.Requirement(line)
        name = canonical(requirement.name)
        if not (name.startswith("nvidia-") or name == "cuda-toolkit"):
            continue
        applies = requirement.marker is None or any(
            requirement.marker.evaluate(dict(environment, extra=extra)) for extra in (extras or {""}) | {""}
        )
        if applies:
            found.append((name, str(requirement.specifier), frozenset(requirement.extras)))
    return found


def space_for(names):
    if "torch" in names:
        return CPU_BYTES
    return ARROW_BYTES if "pyarrow" in names else BOOST_BYTES


def fetch(requirements, work):
    """Downloads `requirements` and all CUDA libraries that they name; gives the paths of the wheels."""
    folder = os.path.join(work, "wheels")
    require_space(work, space_for({requirement.split("==")[0] for requirement in requirements}), "set-up")
    wheels = []
    asked = set()
    pending = [(requirement, frozenset()) for requirement in requirements]
    while pending:
        new = download(sorted({requirement for requirement, _ in pending}), folder)
        extras_of = {}
        for requirement, extras in pending:
            name = canonical(re.split(r"[=<>!~]", requirement)[0])
            extras_of[name] = extras_of.get(name, frozenset()) | extras
        pending = []
        for wheel in new:
            name = canonical(os.path.basename(wheel).split("-")[0])
            for other, specifier, extras in accelerator_requirements(wheel, extras_of.get(name, frozenset())):
                if (other, extras) not in asked:
                    asked.add((other, extras))
                    pending.append((other + specifier, extras))
        if pending and not wheels:
            print("setup: this is a CUDA build of torch: fetching the CUDA libraries as well", flush=True)
            require_space(work, CUDA_BYTES, "a CUDA build of torch with its libraries")
        wheels += new
    return wheels


def wanted(patterns, path):
    for sign, pattern in patterns:
        if fnmatch.fnmatchcase(path, pattern):
            return sign == "+"
    return False


def unpack(wheel, site):
    """Unpacks what `CONTENTS` names of `wheel` to `site`; the wheel is deleted, to keep the disk's high mark low."""
    name = canonical(os.path.basename(wheel).split("-")[0])
    patterns = next((contents for key, contents in CONTENTS.items() if fnmatch.fnmatchcase(name, key)), None)
    if patterns is not None:
        print(f"setup: unpacking {os.path.basename(wheel)}", flush=True)
        try:
            with zipfile.ZipFile(wheel) as archive:
                entries = [entry for entry in archive.infolist() if wanted(patterns, entry.filename)]
                require_space(os.path.dirname(site), sum(entry.file_size for entry in entries), "unpacking it")
                for entry in entries:
                    archive.extract(entry, site)
        except zipfile.BadZipFile:
            raise Failure(
                f"{os.path.basename(wheel)} is damaged.",
                "run Scripts/setup.sh again (pip cache purge, if it stays so).",
            ) from None
    os.unlink(wheel)


def main(arguments):
    work, requirements = os.path.abspath(arguments[0]), arguments[1:]
    site = os.path.join(work, "site")
    try:
        os.makedirs(site, exist_ok=True)
        for wheel in fetch(requirements, work):
            unpack(wheel, site)
    except Failure as failure:
        print(f"setup: error: {failure.problem}\n  Remedy: {failure.remedy}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        failure = full_disk(work)
        print(f"setup: error: {failure.problem}\n  Remedy: {failure.remedy}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    end_with_parent()
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
