#!/usr/bin/env bash
# Tests Scripts/setup.sh in throw-away folders, with made-up wheels and made-up tools: no network, some seconds.
# shellcheck disable=SC2016 # programs of other shells are quoted on purpose
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

unset LIBTORCH TORCH_VERSION PYARROW_VERSION BOOST_VERSION PIP_INDEX_URL PIP_EXTRA_INDEX_URL
export PIP_NO_INDEX=1 PIP_FIND_LINKS=$scratch/wheels PIP_NO_CACHE_DIR=1
python3 "$here/make_wheels.py" "$scratch/wheels" cpu 2.13.0+cpu
python3 "$here/make_wheels.py" "$scratch/wheels" cuda 2.11.0
python3 "$here/make_wheels.py" "$scratch/wheels" cpu 2.12.0+cpu 27.0.0 1.91.0

python=$(python3 -c 'import sys; print(sys.executable)') # the program itself, if python3 is a chooser of versions
passed=0 failed=0
package=$scratch/package
output=$scratch/output

# A package folder with nothing but the scripts.
new_package() {
  rm -rf "$package"
  mkdir -p "$package/Scripts"
  cp "$root/Scripts/setup.sh" "$root/Scripts/fetch_wheels.py" "$package/Scripts/"
}

# setup [VARIABLE=VALUE]...: runs the set-up; its output is in $output, its exit status in $status.
setup() {
  status=0
  env PATH="$(path_without nothing)" "$@" "$package/Scripts/setup.sh" >"$output" 2>&1 </dev/null || status=$?
}

report() { # report NAME CONDITION...
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'failed: %s\n' "$name"
    sed 's/^/    /' "$output"
  fi
}

succeeds() { ((status == 0)) && ready && clean; }
ready() { [[ -f $package/.deps/stamp && -f $package/.deps/libtorch/lib/libtorch_cpu.so ]]; }
clean() { ! compgen -G "$package/.deps/tmp.*" >/dev/null; }
says() { grep -qF -- "$1" "$output"; }
silent() { succeeds && [[ ! -s $output ]]; }

# refuses TEXT...: the set-up failed, said each text and a remedy, and left nothing that counts as installed.
refuses() {
  ((status != 0)) && clean && says "setup: error:" && says "Remedy:" && [[ ! -e $package/.deps/stamp ]] || return 1
  ! says Traceback || return 1
  local text
  for text in "$@"; do says "$text" || return 1; done
}

# A folder for PATH with the programs that the set-up calls but the given one: Swift and clang++ are made up.
path_without() {
  local folder=$scratch/path-$1 name
  if [[ ! -d $folder ]]; then
    mkdir "$folder"
    for name in basename bash cat dirname env find flock getconf git grep head ln mkdir mktemp mv paste rm sed sh sort \
      uname; do
      ln -s "$(command -v "$name")" "$folder/$name"
    done
    fake "$folder/python3" "exec '$python' \"\$@\""
    fake "$folder/swift" "echo 'Swift version 6.3.1 (swift-6.3.1-RELEASE)'"
    fake "$folder/clang++" "cat >/dev/null"
    rm -f "$folder/$1"
  fi
  printf '%s' "$folder"
}

fake() { # fake FILE SCRIPT
  printf '#!/bin/sh\n%s\n' "$2" >"$1"
  chmod +x "$1"
}

with_fake() { # with_fake NAME SCRIPT: a PATH in which NAME is SCRIPT
  local folder
  folder=$(mktemp -d "$scratch/fake.XXXXXX")
  cp -a "$(path_without nothing)/." "$folder"
  rm -f "$folder/$1"
  fake "$folder/$1" "$2"
  printf '%s' "$folder"
}

contents() { (cd "$package/.deps/site" && find . -type f | sort); }

# --- It installs what is needed, and no more ---------------------------------------------------------------------

new_package
setup
report "a CPU wheel is installed" succeeds
report "the generator's list is there" test -f "$package/.deps/site/torchgen/packaged/ATen/native/native_functions.yaml"
report "Python parts are left out" test -z "$(contents | grep -E '\.py$|python' | grep -v version.py)"
report "licenses are kept" test -f "$package/.deps/site/torch-2.13.0+cpu.dist-info/licenses/LICENSE"
report "the libtorch flags" grep -qxF "Version: 2.13.0" "$package/.deps/pkgconfig/pushforward-libtorch.pc"
report "the Arrow flags" grep -qF -- "-l:libarrow.so.2600 -l:libparquet.so.2600" \
  "$package/.deps/pkgconfig/pushforward-libarrow.pc"
report "the Boost flags" grep -qF -- '-I${prefix}/include' "$package/.deps/pkgconfig/pushforward-libboost.pc"
report "the headers of Boost.Math" test -f "$package/.deps/libboost/include/boost/math/special_functions/gamma.hpp"
report "... and no other part of Boost" test "$(contents | grep -c cmeel.prefix)" = 2

setup
report "nothing to do: silent" silent
started=$(date +%s%N)
setup
elapsed=$((($(date +%s%N) - started) / 1000000))
report "nothing to do: under 2 s ($elapsed ms)" test "$elapsed" -lt 2000
setup PATH="$(path_without python3)"
report "nothing to do: no Python" silent

rm "$package/.deps/pkgconfig/pushforward-libarrow.pc"
setup PATH="$(path_without python3)"
report "a deleted file is written again without fetching" succeeds
rm -r "$package/.deps/site/cmeel.prefix"
setup
report "a deleted library is fetched again" says "fetching cmeel-boost==1.90.0 "
report "... and it alone" eval 'succeeds && ! says pyarrow== && ! says torch=='

setup TORCH_VERSION=2.12.0 PYARROW_VERSION=27.0.0 BOOST_VERSION=1.91.0
report "other versions replace what was there" succeeds
report "... the flags follow" grep -qF -- "-l:libarrow.so.2700" "$package/.deps/pkgconfig/pushforward-libarrow.pc"
report "... nothing of the old ones stays" test -z "$(find "$package/.deps/site" -name '*2.13*' -o -name '*26*' -o -name '*1.90*')"

mv "$package" "$scratch/another place"
package="$scratch/another place" setup PATH="$(path_without python3)" TORCH_VERSION=2.12.0 \
  PYARROW_VERSION=27.0.0 BOOST_VERSION=1.91.0
report "a moved folder is set right without fetching" test "$status" = 0
report "... with a space in its path" grep -qF 'another\ place/.deps' \
  "$scratch/another place/.deps/pkgconfig/pushforward-libtorch.pc"

new_package
setup TORCH_VERSION=2.11.0
report "a CUDA wheel is installed" succeeds
report "... with its libraries, direct ones" test -f "$package/.deps/site/nvidia/nccl/lib/libnccl.so.2"
report "... and those of extras" test -f "$package/.deps/libtorch/lib/../../nvidia/cu13/lib/libcudart.so.13"
report "... without static libraries" test ! -e "$package/.deps/site/nvidia/cu13/lib/libcublas_static.a"
report "... without what it does not ask for" test ! -e "$package/.deps/site/triton"
setup
report "from CUDA to CPU" succeeds
report "... no CUDA library stays" test ! -e "$package/.deps/site/nvidia"

# --- LIBTORCH ----------------------------------------------------------------------------------------------------

libtorch="$scratch/a lib/torch"
mkdir -p "$scratch/a lib" && (cd "$scratch/a lib" && python3 -m zipfile -e "$scratch"/wheels/torch-2.12.0*.whl .)
setup LIBTORCH="$libtorch" PATH="$(path_without python3)"
report "LIBTORCH is taken, without fetching" succeeds
report "... linked" test "$(readlink "$package/.deps/libtorch")" = "$libtorch"
report "... its version" grep -qxF "Version: 2.12.0" "$package/.deps/pkgconfig/pushforward-libtorch.pc"
setup PATH="$(path_without python3)"
report "unset again: back without fetching" succeeds
new_package
setup LIBTORCH="$libtorch"
report "with LIBTORCH the others are fetched" succeeds
report "... and it is not" test ! -e "$package/.deps/site/torch"

new_package
setup LIBTORCH="$scratch/nowhere"
report "LIBTORCH does not exist" refuses "is not a folder"
setup LIBTORCH="$scratch/a lib"
report "LIBTORCH is not libtorch, but holds it" refuses "is not a libtorch folder" "LIBTORCH=$libtorch"
sed -i 's/MINOR 12/MINOR 9/' "$libtorch/include/torch/headeronly/version.h"
setup LIBTORCH="$libtorch"
report "LIBTORCH is too old" refuses "libtorch 2.9.0 is not supported"
rm "$libtorch/include/torch/headeronly/version.h" && echo 2.14.0+cpu >"$libtorch/build-version"
setup LIBTORCH="$libtorch"
report "LIBTORCH is too new" refuses "libtorch 2.14.0+cpu is not supported"
rm "$libtorch/build-version" "$libtorch/version.py"
setup LIBTORCH="$libtorch"
report "LIBTORCH without a version" refuses "could not be read"

# --- Each missing thing is named ---------------------------------------------------------------------------------

new_package
setup PATH="$(path_without swift)"
report "no Swift" refuses "Swift was not found"
setup PATH="$(with_fake swift "echo 'Swift version 5.10.1 (swift-5.10.1-RELEASE)'")"
report "an old Swift" refuses "Swift 5.10.1 is too old"
setup PATH="$(with_fake swift "echo 'python-swiftclient 4.6.0'")"
report "another program named swift" refuses "is not the Swift compiler"
setup PATH="$(with_fake swift "echo 'swift: error while loading shared libraries: libxml2.so.2' >&2; exit 127")"
report "a Swift that does not run" refuses "does not run" "apt-get install" "libxml2"
setup PATH="$(path_without git)"
report "no git" refuses "git was not found"
setup PATH="$(path_without clang++)"
report "no clang++" refuses "clang++ was not found"
setup PATH="$(with_fake clang++ "echo \"<stdin>:1:10: fatal error: 'vector' file not found\" >&2; exit 1")"
report "no C++ headers" refuses "headers of the C++ standard library" "apt-get install libstdc++-12-dev"
setup PATH="$(with_fake clang++ "echo 'clang++: libxml2.so.2: cannot open' >&2; exit 127")"
report "a clang++ that does not run" refuses "clang++ does not run: clang++: libxml2.so.2"
setup PATH="$(path_without python3)"
report "no Python" refuses "Python 3 was not found"
setup PATH="$(with_fake python3 'echo "No module named pip" >&2; case "$*" in *pip*) exit 1;; esac')"
report "no pip" refuses "pip was not found" "apt-get install python3-pip"
setup PATH="$(with_fake python3 'case "$*" in *pip*) echo "pip 19.0 from x (python 3.8)";; esac')"
report "an old pip" refuses "pip 19.0 is too old"
setup PATH="$(with_fake uname 'case $1 in -s) echo Darwin;; *) echo arm64;; esac')"
report "another system" refuses "Darwin on arm64 is not supported"
setup PATH="$(with_fake getconf 'exit 1')"
report "another C library" refuses "not glibc"
setup PATH="$(with_fake getconf 'echo glibc 2.17')"
report "an old C library" refuses "glibc 2.17 is too old"
setup TORCH_VERSION=2.5.1
report "an unsupported version" refuses "libtorch 2.5.1 is not supported"
setup TORCH_VERSION=2.13.7
report "a version that is not there" refuses "no wheel of torch==2.13.7" "2.11.0" "TORCH_VERSION"
setup BOOST_VERSION=1.50.0
report "a version of Boost that is not there" refuses "no wheel of cmeel-boost==1.50.0" "1.91.0" "BOOST_VERSION"
setup PIP_FIND_LINKS="$scratch"
report "an index without it" refuses "no wheel of"
setup PIP_NO_INDEX=0 PIP_FIND_LINKS= PIP_INDEX_URL=http://127.0.0.1:9 PIP_RETRIES=0
report "no network" refuses "could not be reached"

mkdir "$scratch/damaged" && cp "$scratch"/wheels/*.whl "$scratch/damaged/"
python3 - "$scratch"/damaged/torch-2.13.0*.whl <<'END'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    entry = archive.getinfo("torch/lib/libtorch_cpu.so")
with open(sys.argv[1], "r+b") as file:
    file.seek(entry.header_offset + 100)
    file.write(b"damage")
END
setup PIP_FIND_LINKS="$scratch/damaged"
report "a damaged wheel" refuses "is damaged"

package="$scratch/50% done"
new_package
setup
report "a path that Swift cannot build in" refuses "move or rename the folder"
package=$scratch/package

# disk FREE_BYTES_OR_ERROR: the same with a disk of that size, or one that is full in the middle of unpacking.
disk() {
  mkdir -p "$scratch/disk-$1"
  cat >"$scratch/disk-$1/sitecustomize.py" <<END
import collections, errno, shutil, zipfile
usage = collections.namedtuple("usage", "total used free")
def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")
if "$1" == "full":
    zipfile.ZipFile.extract = full
else:
    shutil.disk_usage = lambda _: usage(10**13, 0, int("$1"))
END
  printf '%s' "$scratch/disk-$1"
}
new_package
setup PYTHONPATH="$(disk 1000000000)"
report "a disk too small" refuses "1.0 GB free" "needs 1.5 GB"
setup PYTHONPATH="$(disk 5000000000)" TORCH_VERSION=2.11.0
report "a disk too small for CUDA" refuses "5.0 GB free" "needs 9.0 GB"
setup PYTHONPATH="$(disk full)"
report "a disk full while unpacking" refuses "is full"
setup
report "after all this it still installs" succeeds

# --- Interrupted, and at the same time ---------------------------------------------------------------------------

# interrupt SIGNAL: ends a set-up with SIGNAL while it unpacks.
mkdir "$scratch/slow"
cat >"$scratch/slow/sitecustomize.py" <<'END'
import time, zipfile
extract = zipfile.ZipFile.extract
def slow(self, entry, folder):
    time.sleep(0.15)
    return extract(self, entry, folder)
zipfile.ZipFile.extract = slow
END
interrupt() {
  new_package
  : >"$output"
  # A signal that the caller ignores, as under nohup, could not be handled.
  PATH=$(path_without nothing) PYTHONPATH=$scratch/slow env --default-signal=HUP,TERM \
    "$package/Scripts/setup.sh" >"$output" 2>&1 </dev/null &
  local pid=$!
  while ! grep -q "unpacking torch" "$output" && kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
  sleep 0.2
  kill "-$1" "$pid"
  status=0
  wait "$pid" 2>/dev/null || status=$?
}
for signal in TERM HUP; do
  interrupt $signal
  report "$signal leaves nothing behind" eval '((status == 143)) && clean && [[ ! -e $package/.deps/site ]]'
done
interrupt KILL
report "KILL installs nothing" eval '((status == 137)) && [[ ! -e $package/.deps/site && ! -e $package/.deps/stamp ]]'
setup
report "... and the next run clears up and installs" succeeds

new_package
: >"$scratch/first"
PATH=$(path_without nothing) PYTHONPATH=$scratch/slow "$package/Scripts/setup.sh" >"$scratch/first" 2>&1 </dev/null &
while ! grep -q "unpacking torch" "$scratch/first"; do sleep 0.05; done
setup
report "a second run waits" says "waiting for it"
report "... and finds all done" eval 'succeeds && ! says fetching'
wait

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
