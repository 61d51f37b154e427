#!/usr/bin/env bash
# Puts libtorch, Arrow and Boost.Math under .deps/ and writes the pkg-config files that Package.swift names.
#
#   Scripts/setup.sh                          the pinned versions, from the Python package index
#   LIBTORCH=/path/to/libtorch Scripts/setup.sh   a libtorch that is there already (a libtorch folder, or
#                                             site-packages/torch of a Python installation)
#   TORCH_VERSION=2.11.0 Scripts/setup.sh     another supported version
#
# Python with pip fetches the wheels; none is needed afterwards. With nothing to do this returns at once; an
# interrupted run leaves nothing half-installed: everything is made in .deps/tmp.* and renamed into place.
set -euo pipefail

torch_version=${TORCH_VERSION:-2.13.0}
pyarrow_version=${PYARROW_VERSION:-26.0.1}
boost_version=${BOOST_VERSION:-1.90.0}
oldest_torch=11 newest_torch=13 # the supported versions of libtorch: 2.11 to 2.13
oldest_swift=6.2
layout=1 # raise this when what is unpacked or written changes

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
deps=$root/.deps
work=
child=

say() { printf 'setup: %s\n' "$*"; }

# fail PROBLEM REMEDY
fail() {
  printf 'setup: error: %s\n  Remedy: %s\n' "$1" "$2" >&2
  exit 1
}

clean_up() {
  local status=$?
  trap - EXIT INT TERM HUP
  if [[ -n $child ]]; then
    kill -TERM "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  [[ -z $work ]] || rm -rf "$work"
  exit "$status"
}

# --- What must be there ------------------------------------------------------------------------------------------

check_platform() {
  local system machine libc
  system=$(uname -s) machine=$(uname -m)
  case $system/$machine in
    Linux/x86_64 | Linux/aarch64) ;;
    *) fail "$system on $machine is not supported." "use Linux on x86_64 or aarch64." ;;
  esac
  libc=$(getconf GNU_LIBC_VERSION 2>/dev/null || true)
  libc=${libc#glibc }
  [[ -n $libc ]] || fail "the C library of this system is not glibc." "use a Linux with glibc 2.28 or newer."
  at_least "$libc" 2.28 || fail "glibc $libc is too old." "use a Linux with glibc 2.28 or newer."
}

# Characters that SwiftPM, the compiler or PKG_CONFIG_PATH cannot take in a path (spaces they can).
check_path() {
  case $root in
    *[\"\#%:\\]* | *$'\n'*)
      fail "the folder's path ($root) holds one of the characters \" # % : \\ or a line break; Swift cannot build there." \
        "move or rename the folder."
      ;;
  esac
}

# at_least VERSION WANTED
at_least() { [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]; }

check_swift() {
  local output version
  command -v swift >/dev/null ||
    fail "Swift was not found." \
      "install Swift $oldest_swift or newer (swift.org/install) and put its usr/bin folder into PATH."
  output=$(swift --version 2>&1) ||
    fail "$(command -v swift) does not run: $(head -n 1 <<<"$output")" \
      "install what Swift needs (apt-get install binutils gcc git libcurl4 libedit2 libncurses6 libsqlite3-0 libstdc++-12-dev libxml2)."
  version=$(sed -nE 's/.*Swift version ([0-9]+(\.[0-9]+)+).*/\1/p' <<<"$output" | head -n 1)
  [[ -n $version ]] ||
    fail "$(command -v swift) is not the Swift compiler: it says '$(head -n 1 <<<"$output")'." \
      "put the usr/bin folder of Swift $oldest_swift or newer before $(dirname "$(command -v swift)") in PATH."
  at_least "$version" "$oldest_swift" ||
    fail "Swift $version is too old." "install Swift $oldest_swift or newer (swift.org/install)."
}

check_tools() {
  local compiler probe
  command -v git >/dev/null || fail "git was not found; Swift fetches packages with it." "apt-get install git"
  compiler=$(dirname "$(command -v swift)")/clang++
  [[ -x $compiler ]] || compiler=$(command -v clang++) ||
    fail "clang++ was not found beside Swift." "install the whole Swift toolchain, which brings clang, or put clang++ into PATH."
  if ! probe=$("$compiler" -std=c++20 -fsyntax-only -x c++ - <<<'#include <vector>' 2>&1); then
    grep -q 'file not found' <<<"$probe" ||
      fail "$compiler does not run: $(head -n 1 <<<"$probe")" "install the whole Swift toolchain, which brings clang."
    fail "the headers of the C++ standard library were not found." \
      "apt-get install libstdc++-12-dev (on another system, the one for the newest gcc in /usr/lib/gcc)."
  fi
}

check_python() {
  command -v python3 >/dev/null ||
    fail "Python 3 was not found; it fetches libtorch, Arrow and Boost." "apt-get install python3 python3-pip"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null ||
    fail "$(python3 --version 2>&1) is too old or does not run." "apt-get install python3 (3.8 or newer)"
  local version
  version=$(python3 -m pip --version 2>/dev/null) ||
    fail "pip was not found; it fetches libtorch, Arrow and Boost." "apt-get install python3-pip"
  version=$(sed -nE 's/^pip ([0-9.]+).*/\1/p' <<<"$version")
  at_least "${version:-0}" 20.3 || fail "pip $version is too old." "python3 -m pip install --upgrade pip"
}

check_version() { # check_version VERSION REMEDY
  if [[ ! $1 =~ ^2\.([0-9]+)(\.|$) ]] || ((BASH_REMATCH[1] < oldest_torch || BASH_REMATCH[1] > newest_torch)); then
    fail "libtorch $1 is not supported: it must be 2.$oldest_torch to 2.$newest_torch." "$2"
  fi
}

# libtorch_version FOLDER: the version that its headers give (else its build-version or version.py).
libtorch_version() {
  local file version=
  for file in include/torch/headeronly/version.h include/torch/csrc/api/include/torch/version.h; do
    [[ -z $version && -f $1/$file ]] || continue
    version=$(sed -nE 's/^#define TORCH_VERSION_(MAJOR|MINOR|PATCH) ([0-9]+).*/\2/p' "$1/$file" | paste -sd.)
  done
  if [[ -z $version && -f $1/build-version ]]; then
    version=$(head -n 1 "$1/build-version")
  elif [[ -z $version && -f $1/version.py ]]; then
    version=$(sed -nE "s/^__version__ = '([^']*)'.*/\1/p" "$1/version.py")
  fi
  printf '%s' "$version"
}

is_libtorch() { [[ -f $1/lib/libtorch_cpu.so && -f $1/lib/libc10.so && -d $1/include/ATen ]]; }

# Sets `libtorch` to the folder in LIBTORCH (empty when not set) and `libtorch_found` to its version.
check_libtorch() {
  libtorch='' libtorch_found=''
  if [[ -z ${LIBTORCH:-} ]]; then
    check_version "$torch_version" "unset TORCH_VERSION, or name a supported one."
    return
  fi
  [[ -d $LIBTORCH ]] ||
    fail "LIBTORCH=$LIBTORCH is not a folder." "name a libtorch folder in LIBTORCH, or unset it to fetch one."
  libtorch=$(cd "$LIBTORCH" && pwd)
  if ! is_libtorch "$libtorch"; then
    local hint="name a folder with lib/libtorch_cpu.so and include/ATen in LIBTORCH, or unset it to fetch one." sub
    for sub in torch libtorch ..; do
      if is_libtorch "$libtorch/$sub"; then hint="LIBTORCH=$(cd "$libtorch/$sub" && pwd)"; fi
    done
    fail "LIBTORCH=$LIBTORCH is not a libtorch folder." "$hint"
  fi
  case $(cd "$libtorch" && pwd -P)/ in
    "$(cd "$root" && pwd -P)/.deps/"*) fail "LIBTORCH=$LIBTORCH is set-up's own folder." "unset LIBTORCH." ;;
  esac
  libtorch_found=$(libtorch_version "$libtorch")
  [[ -n $libtorch_found ]] ||
    fail "the version of the libtorch in $libtorch could not be read." \
      "name a complete libtorch folder in LIBTORCH, or unset it to fetch one."
  check_version "$libtorch_found" "name another libtorch in LIBTORCH, or unset it to fetch $torch_version."
}

# --- What is there -----------------------------------------------------------------------------------------------

stamp_text() {
  printf 'layout %s\nmachine %s\npackage %s\ntorch %s\npyarrow %s\nboost %s\nlibtorch %s %s\n' \
    "$layout" "$(uname -m)" "$root" "$torch_version" "$pyarrow_version" "$boost_version" "$libtorch_found" "$libtorch"
}

is_up_to_date() {
  [[ -f $deps/stamp && $(<"$deps/stamp") == "$(stamp_text)" ]] &&
    [[ -f $deps/libtorch/lib/libtorch_cpu.so && -d $deps/libarrow/include/arrow && -d $deps/libboost/include/boost ]] &&
    [[ -f $deps/pkgconfig/pushforward-libtorch.pc && -f $deps/pkgconfig/pushforward-libarrow.pc ]] &&
    [[ -f $deps/pkgconfig/pushforward-libboost.pc ]]
}

# A wheel's folder holds this mark when, and only when, all that came with it is in place.
mark() { printf '%s %s %s\n' "$layout" "$1" "$(uname -m)"; }
has() { [[ -f $deps/site/$1/.complete && $(<"$deps/site/$1/.complete") == "$(mark "$2")" ]]; }

# --- Making it ---------------------------------------------------------------------------------------------------

fetch() {
  check_python
  say "fetching $* (once; from the Python package index or pip's find-links)"
  python3 "$root/Scripts/fetch_wheels.py" "$work" "$@" &
  child=$!
  local status=0
  wait "$child" || status=$?
  child=
  ((status == 0)) || exit "$status"
}

# install_folders MARK MAIN PATTERN...: renames what was unpacked into place. MAIN carries the mark: it goes away
# first and comes last, so that without it nothing counts as installed.
install_folders() {
  local text=$1 main=$2 pattern path
  shift 2
  [[ -d $work/site/$main ]] || fail "the wheel for $text holds no $main folder." "run Scripts/setup.sh again."
  mkdir -p "$deps/site" "$work/old"
  mark "$text" >"$work/site/$main/.complete"
  for pattern in "$main" "$@"; do
    for path in "$deps/site/"$pattern; do
      if [[ -e $path ]]; then mv "$path" "$work/old/"; fi
    done
  done
  for pattern in "$@" "$main"; do
    for path in "$work/site/"$pattern; do
      if [[ -e $path ]]; then mv "$path" "$deps/site/"; fi
    done
  done
}

# link TARGET NAME: makes .deps/NAME a link, replacing one in a single step.
link() {
  if [[ -d $deps/$2 && ! -L $deps/$2 ]]; then mv "$deps/$2" "$work/old-$2"; fi
  ln -s "$1" "$work/$2"
  mv -fT "$work/$2" "$deps/$2"
}

write_pkgconfig() {
  local folder=$work/pkgconfig prefix arrow parquet version
  # In a .pc file a backslash keeps a space from ending a word.
  # shellcheck disable=SC2001
  prefix=$(sed 's/[][ "'\''\\$#()&;*?!<>|`~]/\\&/g' <<<"$deps")
  arrow=$(basename "$(find "$deps/site/pyarrow" -name 'libarrow.so.*' | sort -V | head -n 1)")
  parquet=$(basename "$(find "$deps/site/pyarrow" -name 'libparquet.so.*' | sort -V | head -n 1)")
  [[ -n $arrow && -n $parquet ]] ||
    fail "pyarrow $pyarrow_version brings no libarrow.so or no libparquet.so." "unset PYARROW_VERSION."
  version=$(libtorch_version "$deps/libtorch")
  mkdir -p "$folder" "$deps/pkgconfig"
  # Not -ltorch: in a CUDA build it would load all CUDA libraries at the start of every program. They are loaded at run
  # time, when a program asks for a GPU.
  cat >"$folder/pushforward-libtorch.pc" <<END
prefix=$prefix/libtorch
Name: pushforward-libtorch
Description: libtorch
Version: $version
Cflags: -I\${prefix}/include -I\${prefix}/include/torch/csrc/api/include
Libs: -L\${prefix}/lib -ltorch_cpu -lc10
END
  cat >"$folder/pushforward-libarrow.pc" <<END
prefix=$prefix/libarrow
Name: pushforward-libarrow
Description: Apache Arrow
Version: $pyarrow_version
Cflags: -I\${prefix}/include
Libs: -L\${prefix} -l:$arrow -l:$parquet
END
  cat >"$folder/pushforward-libboost.pc" <<END
prefix=$prefix/libboost
Name: pushforward-libboost
Description: the headers of Boost.Math
Version: $boost_version
Cflags: -I\${prefix}/include
END
  mv -f "$folder"/*.pc "$deps/pkgconfig/"
}

main() {
  check_platform
  check_path
  check_libtorch
  check_swift
  if is_up_to_date; then exit 0; fi
  check_tools

  if ! mkdir -p "$deps" 2>/dev/null || [[ ! -w $deps ]]; then
    fail "$deps cannot be written." "give yourself write permission to the package's folder."
  fi
  exec 9>>"$deps/lock"
  if ! flock -n 9; then
    say "another set-up is at work in $deps; waiting for it"
    flock 9
    if is_up_to_date; then exit 0; fi
  fi
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  rm -rf "$deps"/tmp.*
  work=$(mktemp -d "$deps/tmp.XXXXXX")

  local missing=()
  if [[ -z $libtorch ]] && ! has torch "torch $torch_version"; then missing+=("torch==$torch_version"); fi
  if ! has pyarrow "pyarrow $pyarrow_version"; then missing+=("pyarrow==$pyarrow_version"); fi
  if ! has cmeel.prefix "boost $boost_version"; then missing+=("cmeel-boost==$boost_version"); fi
  rm -f "$deps/stamp"
  if ((${#missing[@]} > 0)); then fetch "${missing[@]}"; fi
  case " ${missing[*]-} " in
    *" torch=="*)
      install_folders "torch $torch_version" torch torchgen nvidia torch.libs 'torch-*.dist-info' 'nvidia_*.dist-info'
      ;;
  esac
  case " ${missing[*]-} " in
    *" pyarrow=="*) install_folders "pyarrow $pyarrow_version" pyarrow pyarrow.libs 'pyarrow-*.dist-info' ;;
  esac
  case " ${missing[*]-} " in
    *" cmeel-boost=="*) install_folders "boost $boost_version" cmeel.prefix 'cmeel_boost-*.dist-info' ;;
  esac
  link "${libtorch:-site/torch}" libtorch
  link site/pyarrow libarrow
  link site/cmeel.prefix libboost
  write_pkgconfig
  stamp_text >"$work/stamp"
  mv -f "$work/stamp" "$deps/stamp"
  say "ready: libtorch $(libtorch_version "$deps/libtorch"), Arrow $pyarrow_version and Boost $boost_version in $deps"
}

main "$@"
