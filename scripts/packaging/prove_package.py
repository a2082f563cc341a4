#!/usr/bin/env python3
"""Installs the Debian package in a fresh Debian 12, uses it there as a user without rights, removes it, and prints its sizes.

  scripts/packaging/prove_package.py build/release/xrayclf_0.1.0-1_amd64.deb PROOF

Needs root, debootstrap and a Debian mirror (see fresh_root.py)."""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from fresh_root import FreshRoot, bootstrap

HERE = Path(__file__).resolve().parent
USER = (10001, 10001)
# One of each kind that a package must bring beside the program.
EXPECTED = [
    "lib/xrayclf/libtorch_cpu.so", "lib/systemd/system/xrayclf.service", "share/man/man1/xrayclf.1.gz",
    "share/man/man1/xrayclf-serve.1.gz", "share/bash-completion/completions/xrayclf",
    "share/zsh/vendor-completions/_xrayclf", "share/fish/vendor_completions.d/xrayclf.fish",
    "share/doc/xrayclf/xrayclf.spdx.json", "share/doc/xrayclf/copyright", "share/xrayclf/configs/serve.json",
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path)
    parser.add_argument("work", type=Path, help="folder for the root; what an earlier run left there is removed")
    options = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("chroot and mount need root")
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    for old in ("package", "package-written"):
        subprocess.run(["rm", "-rf", "--one-file-system", str(work / old)], check=True)
    root = FreshRoot(bootstrap(work / "base"), work / "package")
    shutil.copy(options.package, root.path / "xrayclf.deb")
    install = "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends"
    root.run(["/bin/sh", "-c", f"{install} /xrayclf.deb >/install.log 2>&1 || {{ tail -n 20 /install.log; exit 1; }}"])
    (root.path / "xrayclf.deb").unlink()
    missing = [name for name in EXPECTED if not (root.path / "usr" / name).exists()]
    if missing:
        raise SystemExit(f"the package lacks {', '.join(missing)}")
    root.run(["dpkg-query", "-W", "-f", "installed: ${Package} ${Version}, ${Installed-Size} KiB\n", "xrayclf"])
    print(f"package: {options.package.stat().st_size / 1e6:.0f} MB; it depends on", subprocess.run(
        ["dpkg-deb", "-f", str(options.package), "Depends"], check=True, capture_output=True, text=True).stdout.strip())

    writable = work / "package-written"
    writable.mkdir()
    os.chown(writable, *USER)
    (root.path / "volume").mkdir()
    shutil.copy(HERE / "use_it.sh", root.path / "use_it.sh")
    root.run(["/use_it.sh", "/volume", "xrayclf health"], user=USER, read_only=True, network=False,
             binds=[(writable, "/volume", True)])

    root.run(["/bin/sh", "-c", "dpkg --purge xrayclf >/dev/null"])
    left = [str(p) for p in root.path.joinpath("usr").rglob("*xrayclf*")]
    if left:
        raise SystemExit(f"removal leaves {', '.join(left)}")
    print("removed without a trace")
    return 0


if __name__ == "__main__":
    sys.exit(main())
