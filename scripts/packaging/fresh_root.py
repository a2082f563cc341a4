"""A fresh Debian root made by debootstrap, in which commands run as in a container: their own mounts and processes, and, when
asked for, no network, a root that cannot be written to, and a user without rights. Needs root and debootstrap, no container engine.

The mirror is $XRAYCLF_MIRROR, or what this machine's own apt sources name."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

SOURCES = [Path("/etc/apt/sources.list"), Path("/etc/apt/sources.list.d/debian.sources")]
CERTIFICATES = Path("/usr/local/share/ca-certificates")
# What a build is told of the way to the network, and of the compilers' cache.
PASSED_ON = ["http_proxy", "https_proxy", "no_proxy", "PIP_INDEX_URL", "PIP_DEFAULT_TIMEOUT", "CCACHE_BASEDIR"]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def mirror():
    given = os.environ.get("XRAYCLF_MIRROR")
    if given:
        return given
    for file in SOURCES:
        found = file.exists() and re.search(r"^(?:URIs:|deb(?: \[.*?\])?)\s*(\S+)", file.read_text(), re.M)
        if found:
            return found[1]
    raise SystemExit("no mirror: set XRAYCLF_MIRROR to the address of a Debian mirror")


def bootstrap(base):
    """A minimal Debian 12 in the folder `base`, unless it is there."""
    base = Path(base)
    if (base / "etc/debian_version").exists() and not (base / "debootstrap").exists():
        return base
    subprocess.run(["debootstrap", "--variant=minbase", "bookworm", str(base), mirror()], check=True)
    return base


class FreshRoot:
    def __init__(self, base, folder):
        """Copies the root `base` to `folder`, which must not exist, and makes it reach the network as this machine does."""
        self.path = Path(folder)
        subprocess.run(["cp", "-a", "--reflink=auto", str(base), str(self.path)], check=True)
        if not os.environ.get("XRAYCLF_MIRROR"):
            for file in SOURCES:
                if file.exists():
                    (self.path / "etc/apt/sources.list").unlink(missing_ok=True)
                    shutil.copy(file, self.path / file.relative_to("/"))
        for name in ("etc/resolv.conf", "etc/hosts"):
            shutil.copy("/" + name, self.path / name)
        if CERTIFICATES.is_dir():
            shutil.copytree(CERTIFICATES, self.path / CERTIFICATES.relative_to("/"), dirs_exist_ok=True)

    def command(self, words, *, environment=None, folder="/", user=None, binds=(), read_only=False, network=True):
        """The command line that runs `words` in the root. `binds` are (folder here, folder there, writable)."""
        root = shlex.quote(str(self.path))
        steps = [f"mount --bind {root} {root}"]
        if read_only:
            steps.append(f"mount -o remount,bind,ro {root}")
        steps += [f"mount -t proc proc {root}/proc",
                  f"mount -t tmpfs -o mode=755 tmpfs {root}/dev", f"mkdir {root}/dev/shm",
                  f"mount -t tmpfs tmpfs {root}/dev/shm"]
        for name, minor in (("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)):
            steps.append(f"mknod -m 666 {root}/dev/{name} c 1 {minor}")
        steps.append(f"ln -s /proc/self/fd {root}/dev/fd")
        for here, there, writable in binds:
            target = f"{root}{shlex.quote(str(there))}"
            if not read_only:
                steps.append(f"mkdir -p {target}")
            steps.append(f"mount --bind {shlex.quote(str(here))} {target}")
            if not writable:
                steps.append(f"mount -o remount,bind,ro {target}")
        if not network:
            steps.append("ip link set lo up")
        variables = {"PATH": PATH, "HOME": "/root" if user is None else "/nonexistent", **(environment or {})}
        if network:
            variables.update({name: os.environ[name] for name in PASSED_ON if name in os.environ})
        inner = f"cd {shlex.quote(folder)} && exec {shlex.join(words)}"
        # As a container engine with --cap-drop ALL and no-new-privileges leaves a user.
        rights = [] if user is None else ["setpriv", f"--reuid={user[0]}", f"--regid={user[1]}", "--clear-groups",
                                          "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
        enter = ["chroot", str(self.path), *rights, "env", "-i", *(f"{k}={v}" for k, v in variables.items()),
                 "/bin/sh", "-c", inner]
        script = " && ".join(steps) + " && exec " + shlex.join(enter)
        spaces = ["--mount", "--pid", "--fork", "--kill-child", "--ipc", "--uts"] + ([] if network else ["--net"])
        return ["unshare", *spaces, "--propagation", "private", "/bin/sh", "-c", script]

    def run(self, words, **options):
        """Runs it to its end; a failure is a CalledProcessError."""
        subprocess.run(self.command(words, **options), check=True, stdin=subprocess.DEVNULL)

    def size(self):
        """Bytes of the root's files."""
        return int(subprocess.run(["du", "-sxb", str(self.path)], check=True, capture_output=True, text=True).stdout.split()[0])
