#!/usr/bin/env python3
"""Tests of what is installed beside the program: completion in each shell, manual pages, unit, SBOM, Dockerfile.

  packaging_test.py PROGRAM TORCH_ROOT VERSION [UNITTEST OPTIONS]"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "scripts" / "packaging"
sys.dont_write_bytecode = True
sys.path.insert(0, str(PACKAGING))

PROGRAM, TORCH_ROOT, VERSION = sys.argv[1:4]


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def needs(program):
    return unittest.skipUnless(shutil.which(program), f"no {program}")


class Completion:
    """Completes command lines in a shell; a subclass says how: completions(LINE), a set of words."""

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.directory.name)
        (cls.folder / "film one.png").touch()
        (cls.folder / "run").mkdir()
        cls.script = run(PROGRAM, "completion", cls.shell)
        cls.file = cls.folder / "_xrayclf"
        cls.file.write_text(cls.script)

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def test_commands(self):
        self.assertEqual({"predict", "preprocess"}, self.completions("xrayclf pre"))
        self.assertLessEqual({"train", "serve", "manual"}, self.completions("xrayclf "))

    def test_options_of_the_command_alone(self):
        self.assertEqual({"--port"}, self.completions("xrayclf serve --por"))
        self.assertEqual(set(), self.completions("xrayclf train --por"))
        self.assertEqual({"--log-level"}, self.completions("xrayclf train --log"))

    def test_nested_options(self):
        self.assertIn("--limits.connections", self.completions("xrayclf serve --limits.conn"))

    def test_choices(self):
        self.assertEqual({"float32", "float16", "bfloat16"}, self.completions("xrayclf predict --precision "))
        self.assertEqual({"bfloat16"}, self.completions("xrayclf predict --precision b"))
        self.assertEqual({"bash", "zsh", "fish"}, self.completions("xrayclf completion "))

    def test_choices_behind_an_equals_sign(self):
        words = self.completions("xrayclf predict --precision=b")
        self.assertEqual({"bfloat16"}, {word.removeprefix("--precision=") for word in words})

    def test_next_choice_of_a_list(self):
        words = {word.rsplit(",", 1)[-1] for word in self.completions("xrayclf serve --methods gradcam,layer")}
        self.assertEqual({"layercam"}, words)

    def test_paths_where_paths_are_meant(self):
        words = {word.rstrip("/") for word in self.completions("xrayclf eval --checkpoint r")}
        self.assertEqual({"run"}, words)
        films = self.completions("xrayclf inspect fil")
        self.assertEqual(1, len(films), films)
        self.assertTrue(films.pop().startswith("film"))

    def test_nothing_where_nothing_can_be_known(self):
        self.assertEqual(set(), self.completions("xrayclf train --epochs "))

    def test_options_after_a_switch(self):
        self.assertEqual({"--port"}, self.completions("xrayclf health --ready --por"))


@needs("bash")
class BashCompletion(Completion, unittest.TestCase):
    shell = "bash"

    def completions(self, line):
        # bash cuts words at "=", too.
        words = line.replace("=", " = ").split(" ")
        return set(run("bash", "--norc", "-c", """
            source ./_xrayclf
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
            _xrayclf
            printf '%s\\n' "${COMPREPLY[@]}" """, "bash", *words, cwd=self.folder).splitlines()) - {""}


@needs("fish")
class FishCompletion(Completion, unittest.TestCase):
    shell = "fish"

    def completions(self, line):
        out = run("fish", "--no-config", "-c", "source ./_xrayclf; complete -C $argv[1]", line, cwd=self.folder)
        return {row.split("\t")[0] for row in out.splitlines()}


# Types a line into an interactive zsh and presses the key; every candidate that the completion adds is printed in a line that
# begins with "hit:".
ZSH = r"""
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'PS1= PS2= RPS1=; unsetopt prompt_cr zle_bracketed_paste; fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D'
zpty -w z 'compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return $?; fi
  local -a hits; builtin compadd -A hits "$@"; print -rl -- "" "hit:"${^hits}; builtin compadd "$@" }'
zpty -w z 'finish() { print -rn -- ""; print -r -- done: }; zle -N finish; bindkey "^X" finish; bindkey "^I" list-choices; print -r ready\:'
zpty -r z output '*ready:*'
zpty -n -w z "$1"$'\t\x18'
zpty -r z output '*done:*'
print -r -- $output
"""


@needs("zsh")
class ZshCompletion(Completion, unittest.TestCase):
    shell = "zsh"

    def completions(self, line):
        out = run("zsh", "-f", "-c", ZSH, "zsh", line, cwd=self.folder, timeout=60)
        return {row[4:].strip() for row in out.replace("\r", "\n").splitlines() if row.startswith("hit:")} - {""}


class Manual(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        run(PROGRAM, "manual", cls.directory.name)
        cls.pages = sorted(Path(cls.directory.name).iterdir())

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def test_a_page_for_each_command(self):
        commands = re.findall(r"^  (\w+)  ", run(PROGRAM, "--help").partition("Subcommands:")[2], re.M)
        self.assertIn("train", commands)
        self.assertEqual(sorted(["xrayclf.1"] + [f"xrayclf-{c}.1" for c in commands]), [p.name for p in self.pages])

    def test_every_option_of_a_command(self):
        known = set(re.findall(r"--[a-z][\w.-]*", run(PROGRAM, "serve", "--help").partition("Options")[2]))
        page = Path(self.directory.name, "xrayclf-serve.1").read_text().replace("\\-", "-")
        self.assertIn("--limits.connections", known)
        self.assertEqual(set(), {option for option in known if f"\\fB{option}\\fR" not in page})

    @needs("man")
    def test_man_has_no_warning(self):
        for page in self.pages:
            shown = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(page)], capture_output=True,
                                   text=True, env={"MANWIDTH": "80", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"})
            self.assertEqual((0, ""), (shown.returncode, shown.stderr), page.name)

    @needs("mandoc")
    def test_mandoc_has_no_warning(self):
        said = subprocess.run(["mandoc", "-Tlint", "-W", "warning", *map(str, self.pages)], capture_output=True, text=True)
        # A page without a date is meant: the version says which program it describes.
        lines = [line for line in said.stdout.splitlines() if "missing date" not in line]
        self.assertEqual([], lines)


class Unit(unittest.TestCase):
    @needs("systemd-analyze")
    def test_systemd_understands_it(self):
        with tempfile.TemporaryDirectory() as folder:
            unit = Path(folder, "xrayclf.service")
            text = (PACKAGING / "xrayclf.service.in").read_text()
            unit.write_text(text.replace("@CMAKE_INSTALL_PREFIX@/bin/xrayclf", "/bin/true"))
            said = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True)
            if "Failed to" in said.stderr and "manager" in said.stderr:
                self.skipTest("systemd-analyze does not run here")
            self.assertEqual((0, ""), (said.returncode, said.stderr))


@needs("dpkg-query")
class Libraries(unittest.TestCase):
    """SBOM and Dockerfile against what the program links."""

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            run(sys.executable, str(PACKAGING / "sbom.py"), PROGRAM, "--version", VERSION, "--torch-root", TORCH_ROOT,
                "--output", folder + "/sbom.json")
            cls.sbom = json.loads(Path(folder, "sbom.json").read_text())
        cls.packages = {package["name"]: package for package in cls.sbom["packages"]}

    def test_wheels_are_those_that_are_pinned(self):
        pinned = re.findall(r"^([\w-]+)==(\S+) --hash=sha256:(\w+)", (ROOT / "scripts/requirements-libtorch.txt").read_text(), re.M)
        self.assertEqual(3, len(pinned))
        for name, version, sha256 in pinned:
            self.assertEqual(version, self.packages[name]["versionInfo"])
            self.assertEqual([{"algorithm": "SHA256", "checksumValue": sha256}], self.packages[name]["checksums"])
        self.assertIn("libtorch_cpu.so", self.packages["torch"]["comment"])

    def test_every_element_is_related_and_has_a_licence_that_is_explained(self):
        related = {relation["relatedSpdxElement"] for relation in self.sbom["relationships"]}
        self.assertEqual(related, {package["SPDXID"] for package in self.sbom["packages"]})
        explained = {licence["licenseId"] for licence in self.sbom["hasExtractedLicensingInfos"]}
        used = set(re.findall(r"LicenseRef-[\w.-]+", " ".join(p["licenseDeclared"] for p in self.sbom["packages"])))
        self.assertEqual(used, explained)
        without = [p["name"] for p in self.sbom["packages"] if p["licenseDeclared"] == "NOASSERTION"]
        self.assertEqual([], without)

    def test_the_image_has_every_library_that_the_program_links(self):
        from sbom import owner  # noqa: E402
        needed = re.findall(r"NEEDED\s+(\S+)", run("objdump", "-p", PROGRAM))
        paths = dict(re.findall(r"^\s*(\S+) => (/\S+)", run("ldd", PROGRAM), re.M))
        installed = re.search(r"^FROM debian:12-slim\n.*apt-get install(.*?)&&", (ROOT / "Dockerfile").read_text(), re.M | re.S)[1]
        for name in needed:
            path = Path(paths.get(name, "/none"))
            if path.is_file() and not path.is_relative_to(TORCH_ROOT):
                package = owner(path.resolve()).split(":")[0]
                # These two are in every image of Debian.
                if package not in ("libc6", "libgcc-s1"):
                    self.assertIn(package, installed.split(), name)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
