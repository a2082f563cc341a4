#!/usr/bin/env python3
"""SBOM (SPDX 2.3, JSON) of xrayclf as it is built on this Debian machine, from what the program really links.

Libraries are those that the dynamic linker finds for the program. Those of LibTorch's wheels ship with the package; name,
version and SHA-256 of a wheel are those that the requirements file pins. All others belong to Debian packages, whose versions
and licences dpkg and /usr/share/doc know. Libraries of headers alone are compiled in.
"""

import argparse
import datetime
import hashlib
import json
import os
import re
import subprocess
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[1]
REQUIREMENTS = [SCRIPTS / "requirements-libtorch.txt", SCRIPTS / "requirements-cuda.txt"]
# A header of each library that leaves no trace but in the program's own code.
COMPILED_IN = ["/usr/include/CLI/CLI.hpp", "/usr/include/nlohmann/json.hpp", "/usr/include/boost/version.hpp"]
# Debian's short names of licences, where SPDX says it otherwise.
SPDX = {
    "Expat": "MIT", "MIT": "MIT", "Apache-2.0": "Apache-2.0", "Apache-2": "Apache-2.0", "Zlib": "Zlib", "zlib": "Zlib",
    "BSD-2-clause": "BSD-2-Clause", "BSD-2-Clause": "BSD-2-Clause", "BSD-2": "BSD-2-Clause",
    "BSD-3-clause": "BSD-3-Clause", "BSD-3-Clause": "BSD-3-Clause", "BSD-3": "BSD-3-Clause",
    "BSL-1.0": "BSL-1.0", "Boost-1.0": "BSL-1.0", "BSL-1": "BSL-1.0", "ISC": "ISC", "libpng": "Libpng",
    "GPL-2": "GPL-2.0-only", "GPL-2+": "GPL-2.0-or-later", "GPL-3": "GPL-3.0-only", "GPL-3+": "GPL-3.0-or-later",
    "LGPL-2": "LGPL-2.0-only", "LGPL-2+": "LGPL-2.0-or-later", "LGPL-2.1": "LGPL-2.1-only",
    "LGPL-2.1+": "LGPL-2.1-or-later", "LGPL-3": "LGPL-3.0-only", "LGPL-3+": "LGPL-3.0-or-later",
    "NTP": "NTP", "Unlicense": "Unlicense",
}
# Of packages whose copyright file has no stanza for the library as a whole, or names its licence in words of its own; from the text.
BY_HAND = {
    "libjpeg62-turbo": "IJG AND BSD-3-Clause AND Zlib", "libopenjp2-7": "BSD-2-Clause", "libdcmtk17": "BSD-3-Clause",
    "libxml2": "MIT",
    "libc6": "LGPL-2.1-or-later", "libgcc-s1": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libstdc++6": "GPL-3.0-or-later WITH GCC-exception-3.1", "libgfortran5": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libx11-6": "X11", "libxau6": "X11", "libxcb1": "X11", "libxdmcp6": "X11",
    "libquadmath0": "LGPL-2.1-or-later", "libgomp1": "GPL-3.0-or-later WITH GCC-exception-3.1",
}


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def linked(program):
    """What the dynamic linker loads for the program, by path."""
    lines = output_of("ldd", program).splitlines()
    missing = [line.split()[0] for line in lines if "not found" in line]
    if missing:
        raise SystemExit(f"sbom: {program} does not find {', '.join(missing)}")
    return [Path(os.path.realpath(word)) for line in lines for word in line.split() if word.startswith("/")]


def owner(path):
    """The installed package that has the file; /usr may be merged, and dpkg knows either name."""
    names = [str(path)]
    names.append(names[0][4:] if names[0].startswith("/usr/") else "/usr" + names[0])
    for name in names:
        found = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True)
        if found.returncode == 0:
            return found.stdout.split(": ")[0].split(",")[0]
    raise SystemExit(f"sbom: no package owns {path}")


class Licences:
    """Licence expressions; names that SPDX does not have become references, which are listed."""

    def __init__(self):
        self.references = {}

    def reference(self, name, text):
        identifier = "LicenseRef-" + re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-")
        self.references.setdefault(identifier, {"licenseId": identifier, "name": name, "extractedText": text})
        return identifier

    def of_package(self, package):
        name = package.split(":")[0]
        if name in BY_HAND:
            return BY_HAND[name]
        file = Path("/usr/share/doc", name, "copyright")
        text = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
        if not re.match(r"Format(-Specification)?:", text):
            return "NOASSERTION"
        stanzas = re.split(r"\n\s*\n", text)
        # The licence of the library as a whole; parts of its sources under others are told in the file.
        whole = [stanza for stanza in stanzas if re.search(r"^Files:\s*\*\s*$", stanza, re.M)]
        declared = re.search(r"^License:[ \t]*(\S.*)", "\n".join(whole), re.M)
        return self.expression(declared[1].strip(), file) if declared else "NOASSERTION"

    def expression(self, text, file):
        parts = re.split(r"\s+(and|or|AND|OR)\s+", text)
        for i in range(0, len(parts), 2):
            parts[i] = SPDX.get(parts[i]) or self.reference(parts[i], f"As told in {file}")
        return " ".join(part.upper() if part in ("and", "or") else part for part in parts)


def identifier(name):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]+", "-", name)


def element(name, version, licence, purl=None, **more):
    entry = {"SPDXID": identifier(name), "name": name, "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
             "licenseConcluded": "NOASSERTION", "licenseDeclared": licence, "copyrightText": "NOASSERTION", **more}
    if version:
        entry["versionInfo"] = version
    if purl:
        entry["externalRefs"] = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                                  "referenceLocator": purl}]
    return entry


def debian(package, licences, comment):
    version, architecture, source = output_of(
        "dpkg-query", "-W", "-f=${Version}\t${Architecture}\t${source:Package}", package).split("\t")
    name = package.split(":")[0]
    quoted = version.replace("+", "%2B").replace(":", "%3A")
    return element(name, version, licences.of_package(package), f"pkg:deb/debian/{name}@{quoted}?arch={architecture}",
                   supplier="Organization: Debian", sourceInfo=f"Debian source package {source}", comment=comment)


def wheels(libraries, torch_root, licences):
    """The wheels that libraries come from, with what the requirements file pins of them."""
    pinned = re.findall(r"^([\w-]+)==(\S+) --hash=sha256:([0-9a-f]{64})$", 
                        "".join(file.read_text() for file in REQUIREMENTS), re.M)
    entries, found = [], set()
    for name, version, sha256 in pinned:
        info = torch_root / f"{name.replace('-', '_')}-{version}.dist-info"
        if not info.is_dir():
            continue
        record = (info / "RECORD").read_text()
        mine = [p for p in libraries if f"\n{p.relative_to(torch_root)}," in "\n" + record]
        found.update(mine)
        if not mine:
            continue
        declared = re.search(r"^License(?:-Expression)?: (.*)$", (info / "METADATA").read_text(), re.M)[1]
        for reference in re.findall(r"LicenseRef-[\w.-]+", declared):
            licences.reference(reference.removeprefix("LicenseRef-"),
                               "CUDA Toolkit End User License Agreement; /usr/share/doc/xrayclf/third-party-licences.gz")
        entries.append(element(
            name, version, declared, f"pkg:pypi/{name}@{version}",
            checksums=[{"algorithm": "SHA256", "checksumValue": sha256}], supplier="NOASSERTION",
            comment="Shipped: " + ", ".join(sorted(p.name for p in mine)) + ", stripped. The checksum is the wheel's."))
    if found != set(libraries):
        raise SystemExit(f"sbom: no pinned wheel has {sorted(str(p) for p in set(libraries) - found)}")
    return entries


def inside_libtorch(libraries, licences):
    """What the wheel's libraries have in them under licences that its metadata do not name."""
    entries = []
    for library in libraries:
        if library.name.startswith("libgomp"):
            entries.append(element("libgomp", None, "GPL-3.0-or-later WITH GCC-exception-3.1", comment="In torch's wheel."))
        if library.name == "libtorch_cpu.so" and b"oneAPI Math Kernel Library" in library.read_bytes():
            licence = licences.reference("Intel-Simplified-Software-License", "Intel Simplified Software License (October 2022)")
            entries.append(element("oneMKL", None, licence, comment="Linked into libtorch_cpu.so."))
    return entries


def document(program, version, torch_root):
    licences = Licences()
    libraries = linked(program)
    shipped = [p for p in libraries if p.is_relative_to(torch_root)]
    packages = sorted({owner(p) for p in libraries if not p.is_relative_to(torch_root)})
    root = element("xrayclf", version, "Apache-2.0", primaryPackagePurpose="APPLICATION")
    related = [("CONTAINS", e) for e in wheels(shipped, torch_root, licences) + inside_libtorch(shipped, licences)]
    related += [("STATIC_LINK", debian(owner(os.path.realpath(h)), licences, "Headers, compiled in.")) for h in COMPILED_IN]
    related += [("DYNAMIC_LINK", debian(p, licences, "Not shipped: a dependency of the package.")) for p in packages]
    digest = hashlib.sha256(Path(program).read_bytes()).hexdigest()
    when = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", 0)) or
                                           datetime.datetime.now().timestamp(), datetime.timezone.utc)
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"xrayclf-{version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/xrayclf-{version}-{digest}",
        "creationInfo": {"created": when.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": ["Tool: xrayclf-sbom"]},
        "packages": [root] + [e for _, e in related],
        "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                           "relatedSpdxElement": root["SPDXID"]}] +
                         [{"spdxElementId": root["SPDXID"], "relationshipType": kind, "relatedSpdxElement": e["SPDXID"]}
                          for kind, e in related],
        "hasExtractedLicensingInfos": [licences.references[k] for k in sorted(licences.references)],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=Path)
    parser.add_argument("--version", required=True)
    parser.add_argument("--torch-root", required=True, type=Path)
    parser.add_argument("--output", required=True, type=Path)
    options = parser.parse_args()
    content = document(options.program, options.version, options.torch_root.resolve())
    options.output.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
