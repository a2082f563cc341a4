#!/usr/bin/env python3
"""Carries out the Dockerfile without a container engine, and uses what comes of it.

Each FROM is a fresh Debian root by debootstrap (debian:12-slim is the same less manuals), each RUN a chroot in mounts and processes
of its own, COPY heeds .dockerignore. Then the image is used as its USER, without rights, with a root that cannot be written to:
use_it.sh, with the image's own ENTRYPOINT and HEALTHCHECK. Needs root, debootstrap and the network of a build (see fresh_root.py).

  scripts/packaging/prove_dockerfile.py PROOF [--cache-mount TARGET=DIR]...

The build stage compiles everything anew, half an hour on two cores. Where only what comes after it is in question, --built DIR takes what
`DESTDIR=DIR cmake --install build/release --strip --component runtime --prefix /usr` made here for the result of all stages but the last."""

import argparse
import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from fresh_root import FreshRoot, bootstrap

HERE = Path(__file__).resolve().parent
CONTEXT = HERE.parents[1]
BASES = {"debian:12-slim"}


def instructions(text):
    """(INSTRUCTION, arguments) of a Dockerfile; comments may stand between continued lines."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield word.upper(), rest.strip()


def words(arguments):
    """The JSON form, or a shell's command line."""
    return json.loads(arguments) if arguments.startswith("[") else ["/bin/sh", "-c", arguments]


class Stage:
    def __init__(self, root):
        self.root = root
        self.folder, self.user, self.environment = "/", None, {}
        self.entrypoint, self.command, self.health, self.labels = [], [], None, {}

    def inside(self, path):
        return self.root.path / os.path.normpath(os.path.join(self.folder, path)).lstrip("/")


class Build:
    def __init__(self, work, cache_mounts, built):
        self.work, self.cache_mounts, self.built = work, cache_mounts, built
        self.stages, self.names = [], {}
        ignore = CONTEXT / ".dockerignore"
        self.ignored = ignore.read_text().split() if ignore.exists() else []

    def carry_out(self, text):
        steps = list(instructions(text))
        last = max(i for i, (word, _) in enumerate(steps) if word == "FROM")
        for word, arguments in steps[last if self.built else 0:]:
            print(f"==> {word} {arguments[:110]}", flush=True)
            started = time.monotonic()
            getattr(self, f"do_{word.lower()}")(arguments)
            print(f"    {time.monotonic() - started:.0f} s", flush=True)
        return self.stages[-1]

    def do_from(self, arguments):
        image, *name = re.split(r"\s+[Aa][Ss]\s+", arguments)
        if image not in BASES:
            raise SystemExit(f"FROM {image}: only {', '.join(BASES)} can be made here")
        folder = self.work / f"stage-{len(self.stages)}"
        self.stages.append(Stage(FreshRoot(bootstrap(self.work / "base"), folder)))
        self.names[name[0] if name else str(len(self.stages) - 1)] = self.stages[-1]

    def do_workdir(self, arguments):
        self.stages[-1].folder = os.path.join(self.stages[-1].folder, arguments)
        self.stages[-1].inside(".").mkdir(parents=True, exist_ok=True)

    def do_env(self, arguments):
        self.stages[-1].environment.update(part.split("=", 1) for part in shlex.split(arguments))

    def do_label(self, arguments):
        self.stages[-1].labels.update(part.split("=", 1) for part in shlex.split(arguments))

    def do_expose(self, arguments):
        pass

    def do_user(self, arguments):
        if not re.fullmatch(r"\d+:\d+", arguments):
            raise SystemExit("USER must be numbers, so that a reader of the image can tell that it is not root")
        self.stages[-1].user = tuple(map(int, arguments.split(":")))

    def do_entrypoint(self, arguments):
        self.stages[-1].entrypoint = words(arguments)

    def do_cmd(self, arguments):
        self.stages[-1].command = words(arguments)

    def do_healthcheck(self, arguments):
        self.stages[-1].health = words(re.search(r"\bCMD\s+(.*)", arguments)[1])

    def do_run(self, arguments):
        stage, binds = self.stages[-1], []
        for target in re.findall(r"--mount=type=cache,target=(\S+)", arguments):
            here = Path(self.cache_mounts.get(target) or self.work / "cache" / target.strip("/").replace("/", "-"))
            here.mkdir(parents=True, exist_ok=True)
            binds.append((here, target, True))
        stage.root.run(words(re.sub(r"--mount=\S+\s+", "", arguments)), environment=stage.environment, folder=stage.folder,
                       user=stage.user, binds=binds)

    def do_copy(self, arguments):
        stage = self.stages[-1]
        source = re.match(r"--from=(\S+)\s+", arguments)
        *paths, target = re.sub(r"--from=\S+\s+", "", arguments).split()
        for path in paths:
            if source and self.built:
                origin, ignore = self.built / path.removeprefix("/image/"), None
            elif source:
                origin, ignore = self.names[source[1]].inside(path), None
            else:
                origin, ignore = CONTEXT / path, self.is_ignored
            place = stage.inside(target)
            if origin.is_dir():
                # Links stay links, and a folder that is a link (/lib in a merged /usr) is followed by its name.
                shutil.copytree(origin, place.resolve(), symlinks=True, dirs_exist_ok=True, ignore=ignore)
            else:
                place = place / origin.name if target.endswith("/") else place
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(origin, place)

    def is_ignored(self, folder, names):
        return {name for name in names if self.matches(str(Path(folder).relative_to(CONTEXT) / name))}

    def matches(self, path):
        """Whether the last pattern of .dockerignore that fits says so."""
        ignored = False
        for pattern in self.ignored:
            bare = pattern.lstrip("!")
            if fnmatch.fnmatch(path, bare) or bare.startswith("**/") and fnmatch.fnmatch(os.path.basename(path), bare[3:]):
                ignored = pattern == bare
        return ignored


def use(stage, work):
    """Uses the image; returns what `ENTRYPOINT CMD` prints."""
    if stage.user is None or 0 in stage.user:
        raise SystemExit("the image runs as root")
    if stage.entrypoint != ["xrayclf"] or not stage.health:
        raise SystemExit("the image lacks its ENTRYPOINT or HEALTHCHECK")
    writable = work / "written"
    writable.mkdir(exist_ok=True)
    os.chown(writable, *stage.user)
    # Where a volume is mounted in a root that cannot be written to, a folder must exist.
    stage.root.path.joinpath("volume").mkdir(exist_ok=True)
    shutil.copy(HERE / "use_it.sh", stage.root.path / "use_it.sh")
    # Its own network: nothing is there but the loopback, and port 8000 is free.
    options = dict(environment=stage.environment, folder=stage.folder, user=stage.user, read_only=True, network=False)
    stage.root.run(["/use_it.sh", "/volume", shlex.join(stage.health)], binds=[(writable, "/volume", True)], **options)
    printed = subprocess.run(stage.root.command(stage.entrypoint + stage.command, **options), check=True,
                             capture_output=True, text=True).stdout
    for name in ("volume", "use_it.sh"):
        path = stage.root.path / name
        path.rmdir() if path.is_dir() else path.unlink()
    return printed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="folder for the roots; what stages an earlier run left there is removed")
    parser.add_argument("--cache-mount", action="append", default=[], metavar="TARGET=DIR",
                        help="folder for a RUN --mount=type=cache (default: WORK/cache)")
    parser.add_argument("--built", type=Path, metavar="DIR", help="the build stage's result, which is then not built")
    options = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("chroot and mount need root")
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    for old in [*work.glob("stage-*"), work / "written"]:
        subprocess.run(["rm", "-rf", "--one-file-system", str(old)], check=True)
    build = Build(work, dict(part.split("=", 1) for part in options.cache_mount), options.built)
    stage = build.carry_out((CONTEXT / "Dockerfile").read_text())
    size = stage.root.size()
    assert "predict" in use(stage, work), "ENTRYPOINT and CMD print no help"
    print(f"image: {size / 1e6:.0f} MB of files; user {stage.user[0]}; {stage.labels.get('org.opencontainers.image.title')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
