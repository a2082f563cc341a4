#!/usr/bin/env bash
# Builds the Debian package for the CPU: build/release/xrayclf_VERSION-1_amd64.deb. With --prove it is checked by lintian, and
# installed and used in a fresh Debian root (as root; takes a Debian mirror).
set -euo pipefail

usage() { echo "Usage: scripts/package.sh [--prove]"; }

prove=no
for argument in "$@"; do
  case "$argument" in
    --prove) prove=yes ;;
    -h|--help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh --no-weights
cmake --preset release -DXRAYCLF_CUDA=OFF -DXRAYCLF_BUNDLE_LIBTORCH=ON
cmake --build --preset release --target xrayclf
rm -f build/release/xrayclf_*.deb
(cd build/release && cpack -G DEB)
package=$(echo build/release/xrayclf_*.deb)
echo "$package: $(($(stat -c %s "$package") / 1000000)) MB, installed $(dpkg-deb -f "$package" Installed-Size) KiB"
[[ $prove == yes ]] || exit 0
lintian --fail-on error "$package"
scripts/packaging/prove_package.py "$package" build/proof
