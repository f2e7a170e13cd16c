# SPDX-License-Identifier: Apache-2.0
"""The list of parts (CycloneDX): what Pilothouse is made of, and under which licences.

It is made from files alone, so the same sources give the same bytes anywhere: ``run.txt`` (versions
and hashes of packages), ``parts.toml`` (licence, reason and need of each), ``frontend/vendor.json``
(browser files) and the folders of data of others.

``make`` writes it to where the product reads it. ``check`` refuses a part without licence, reason
or hash, a licence that is not allowed, a list that is out of date, and whatever the packages that
are installed say otherwise about themselves. ``release FILE`` writes it with the time of the
release.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tomllib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from license_expression import get_spdx_licensing
from packaging.requirements import Requirement

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SOURCES = Path("src/pilothouse")
LIST = ROOT / SOURCES / "parts.cdx.json"
SPEC = "1.7"
NAMESPACE = uuid.UUID("5f0f6b0e-5f0c-5d0b-9a53-70696c6f7468")
"""Numbers of lists are made from what stands in them."""

OURS = frozenset({".py", ".html", ".css", ".js", ".svg", ".md", ".toml"})
"""Endings of files that somebody here wrote; any other file of the sources must be known."""

STATED = {
    "Apache 2.0": {"Apache-2.0"},
    "Apache Software License": {"Apache-2.0"},
    "MIT License": {"MIT"},
    "BSD": {"BSD-2-Clause", "BSD-3-Clause"},
    "BSD License": {"BSD-2-Clause", "BSD-3-Clause"},
    "3-Clause BSD License": {"BSD-3-Clause"},
}
"""What packages say in words of their own, and which licences that may mean."""

Table = dict[str, Any]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Locked:
    """One package of a locked file."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]

    @property
    def ref(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"


def table() -> Table:
    """``parts.toml``."""
    return tomllib.loads((HERE / "parts.toml").read_text())


def locked(name: str) -> list[Locked]:
    """The packages of ``requirements/<name>``, in its order."""
    text = (HERE / name).read_text().replace("\\\n", " ")
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        words, *hashes = re.split(r"\s+--hash=", line)
        requirement, _, marker = words.partition(";")
        package, _, version = requirement.strip().partition("==")
        found.append(Locked(package, version, marker.strip(), tuple(sorted(hashes))))
    return found


def packages(asked: Table) -> list[Locked]:
    """What is installed to run, and what somebody may add to it."""
    optional = {name for name, entry in asked["package"].items() if entry.get("optional")}
    return locked("run.txt") + [part for part in locked("dev.txt") if part.name in optional]


def direct() -> set[str]:
    """Names that ``pyproject.toml`` asks for, extras too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        lines += extra
    return {Requirement(line).name for line in lines}


def product_version() -> str:
    found = re.search(r'__version__ = "([^"]+)"', (ROOT / SOURCES / "__init__.py").read_text())
    assert found
    return found[1]


def vendored() -> dict[str, dict[str, Any]]:
    """Browser files that go out: path → package, version, licence, hash."""
    listed = json.loads((ROOT / "frontend/vendor.json").read_text())
    inside = f"{SOURCES}/"
    return {path: row for path, row in listed.items() if path.startswith(inside) and row["package"]}


def files_of(folder: str) -> list[Path]:
    """The data in a folder; what stands beside it about its licence is ours."""
    return sorted(path for path in (ROOT / folder).iterdir() if path.suffix not in OURS)


# ---- the list ----


def document(asked: Table, stamp: datetime | None = None) -> Json:
    """The whole list. The same input gives the same list, its number too."""
    parts = [
        *(package_component(part, asked) for part in packages(asked)),
        *browser_components(asked),
        *(data_component(entry) for entry in asked["data"]),
    ]
    version = product_version()
    own = f"pkg:pypi/pilothouse@{version}"
    body: Json = {
        "metadata": {
            **({"timestamp": f"{stamp:%Y-%m-%dT%H:%M:%SZ}"} if stamp else {}),
            "lifecycles": [{"phase": "build"}],
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": "pilothouse",
                "version": version,
                "licenses": licences("Apache-2.0"),
                "purl": own,
            },
        },
        "components": parts,
        "dependencies": dependencies(own, parts, asked),
        "compositions": [
            {"aggregate": "complete", "dependencies": [own]},
            {
                "aggregate": "incomplete_third_party_only",
                "assemblies": [part["bom-ref"] for part in parts if part["type"] == "library"],
            },
        ],
    }
    number = uuid.uuid5(NAMESPACE, json.dumps(body, sort_keys=True))
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPEC,
        "serialNumber": f"urn:uuid:{number}",
        "version": 1,
        **body,
    }


def package_component(part: Locked, asked: Table) -> Json:
    """A package of Python, with the hashes of the files that it may be installed from."""
    entry = asked["package"].get(part.name, {})
    found: Json = {
        "type": "library",
        "bom-ref": part.ref,
        "name": part.name,
        "version": part.version,
        "description": entry.get("why", ""),
        "scope": "optional" if entry.get("optional") else "required",
        "licenses": licences(entry.get("licence", "")),
        "purl": part.ref,
        "externalReferences": [
            {
                "type": "distribution",
                "url": part.ref,
                "comment": "One of the files with these hashes is installed, and no other.",
                "hashes": [
                    {"alg": "SHA-256", "content": value.removeprefix("sha256:")}
                    for value in part.hashes
                ],
            }
        ],
    }
    if carried := entry.get("carries"):
        found["components"] = [
            {
                "type": "library",
                "bom-ref": f"{part.ref}#{slug(row['name'])}",
                "name": row["name"],
                "licenses": licences(row["licence"]),
            }
            for row in carried
        ]
    if part.marker:
        found["properties"] = [{"name": "pilothouse:only-where", "value": part.marker}]
    return found


def browser_components(asked: Table) -> Iterator[Json]:
    """A package of browser files for each, and its files inside."""
    by_package: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for path, row in sorted(vendored().items()):
        by_package.setdefault(row["package"], []).append((path, row))
    for name, rows in sorted(by_package.items()):
        first = rows[0][1]
        purl = f"pkg:npm/{quote(name, safe='/')}@{first['version']}"
        yield {
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": first["version"],
            "description": asked["browser"].get(name, {}).get("why", ""),
            "scope": "required",
            "licenses": licences(first["licence"]),
            "purl": purl,
            "components": [file_component(purl, path, row["sha256"]) for path, row in rows],
        }


def data_component(entry: Table) -> Json:
    """Data of others that go out with the sources."""
    ref = f"data:{slug(entry['name'])}"
    return {
        "type": "data",
        "bom-ref": ref,
        "name": entry["name"],
        "description": entry["why"],
        "licenses": licences(entry["licence"]),
        "copyright": entry["notice"],
        "externalReferences": [{"type": "website", "url": entry["source"]}],
        "components": [
            file_component(
                ref,
                path.relative_to(ROOT).as_posix(),
                hashlib.sha256(path.read_bytes()).hexdigest(),
            )
            for path in files_of(entry["folder"])
        ],
    }


def file_component(owner: str, path: str, sha256: str) -> Json:
    name = path.removeprefix("src/")
    return {
        "type": "file",
        "bom-ref": f"{owner}#{name}",
        "name": name,
        "hashes": [{"alg": "SHA-256", "content": sha256}],
    }


def licences(expression: str) -> list[Json]:
    """One licence by its name, several as they are joined."""
    if re.fullmatch(r"[\w.+-]+", expression):
        return [{"license": {"id": expression}}]
    return [{"expression": expression}] if expression else []


def dependencies(own: str, parts: list[Json], asked: Table) -> list[Json]:
    """Who needs what: our sources, then each part."""
    refs = {own: "pilothouse"} | {part["bom-ref"]: part["name"] for part in parts}
    needs: dict[str, set[str]] = {ref: set() for ref in refs}
    for part in parts:
        entry = asked["package"].get(part["name"])
        needers = entry.get("needed_by", []) if entry else ["pilothouse"]
        for ref, name in refs.items():
            if name in needers:
                needs[ref].add(part["bom-ref"])
    return [{"ref": ref, "dependsOn": sorted(below)} for ref, below in needs.items()]


def slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def text_of(listed: Json) -> str:
    return json.dumps(listed, indent=1, ensure_ascii=False) + "\n"


# ---- what is wrong with it ----


def wrong(asked: Table, found: list[Locked] | None = None) -> list[str]:
    """A sentence for each thing that is missing or not allowed."""
    parts = packages(asked) if found is None else found
    return [
        *incomplete(asked, parts),
        *not_allowed(asked),
        *not_listed(asked),
        *contradicted(asked, parts),
        *broken_schema(document(asked)),
    ]


def incomplete(asked: Table, parts: list[Locked]) -> Iterator[str]:
    """Every package has an entry and hashes, and every entry a package."""
    for part in parts:
        entry = asked["package"].get(part.name)
        if entry is None:
            yield f"{part.name} {part.version} has no entry in parts.toml"
            continue
        if not part.hashes:
            yield f"{part.name} {part.version} has no hash; run: make lock"
        for word in ("licence", "why", "needed_by"):
            if not entry.get(word):
                yield f"{part.name} has no {word} in parts.toml"
        if ("pilothouse" in entry.get("needed_by", ())) != (part.name in direct()):
            yield f"parts.toml and pyproject.toml differ on whether we need {part.name} ourselves"
    for name in sorted(set(asked["package"]) - {part.name for part in parts}):
        yield f"{name} stands in parts.toml and is not installed to run"


def not_allowed(asked: Table) -> Iterator[str]:
    """Every licence is known by its SPDX name and allowed where the part stands."""
    shipped = set(asked["licences"]["shipped"])
    installed = shipped | set(asked["licences"]["installed"])
    carried = installed | set(asked["licences"]["carried"])
    known = get_spdx_licensing()
    rows = [(entry["name"], entry["licence"], shipped) for entry in asked["data"]]
    rows += [(row["package"], row["licence"], shipped) for row in vendored().values()]
    for name, entry in asked["package"].items():
        rows.append((name, entry.get("licence", ""), installed))
        rows += [
            (f"{row['name']} in {name}", row["licence"], carried)
            for row in entry.get("carries", ())
        ]
    for name, licence, allowed in rows:
        if licence and known.validate(licence).errors:
            yield f"{name}: ‘{licence}’ is no licence by its SPDX name"
        elif licence and not may(licence, allowed):
            yield f"{name}: {licence} is not among the licences that are allowed there"


def may(expression: str, allowed: set[str]) -> bool:
    """All of what is joined by AND, one of what is joined by OR."""
    return all(
        any(choice.strip(" ()") in allowed for choice in joined.split(" OR "))
        for joined in expression.split(" AND ")
    )


def not_listed(asked: Table) -> Iterator[str]:
    """No file of others lies among the sources without standing in the list."""
    known = {ROOT / path for path in json.loads((ROOT / "frontend/vendor.json").read_text())} | {
        LIST
    }
    for pattern in asked["ours"]:
        known.update((ROOT / SOURCES).glob(pattern))
    for entry in asked["data"]:
        known.update(files_of(entry["folder"]))
    for path in sorted((ROOT / SOURCES).rglob("*")):
        theirs = path.suffix not in OURS and "__pycache__" not in path.parts
        if path.is_file() and theirs and path not in known:
            yield f"{path.relative_to(ROOT)} is no source of ours and stands in no list of parts"
    for name in sorted({row["package"] for row in vendored().values()} ^ set(asked["browser"])):
        yield f"{name} stands in one of parts.toml and frontend/vendor.json only"


def contradicted(asked: Table, parts: list[Locked]) -> Iterator[str]:
    """What the packages that are installed here say about themselves."""
    names = {part.name for part in parts}
    for part in parts:
        entry = asked["package"].get(part.name, {})
        try:
            there = importlib.metadata.distribution(part.name)
        except importlib.metadata.PackageNotFoundError:
            continue
        if there.version != part.version:
            continue
        licence = entry.get("licence", "")
        said, means = stated(there.metadata)
        if said and licence not in means:
            yield f"{part.name} says of itself ‘{said}’, parts.toml says {licence or 'nothing'}"
        needs = [Requirement(line) for line in there.requires or ()]
        for need in needs:
            below = asked["package"].get(canonical(need.name), {})
            here = need.marker is None or need.marker.evaluate({"extra": ""})
            if here and canonical(need.name) in names and part.name not in below["needed_by"]:
                yield f"{part.name} needs {need.name}, and parts.toml does not say so"
        for name, below in asked["package"].items():
            if part.name in below.get("needed_by", ()) and name not in {
                canonical(need.name) for need in needs
            }:
                yield f"{part.name} does not need {name}, and parts.toml says so"


def stated(metadata: importlib.metadata.PackageMetadata) -> tuple[str, set[str]]:
    """The licence in a package's own words, and which ones it may mean."""
    said = metadata.json
    if expression := said.get("license_expression"):
        return str(expression), {str(expression)}
    marks = [
        str(line).rpartition(" :: ")[2]
        for line in said.get("classifier", [])
        if str(line).startswith("License ::")
    ]
    text = str(said.get("license", "")).strip() or "".join(marks[:1])
    return text, STATED.get(text, {text})


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def broken_schema(listed: Json) -> Iterator[str]:
    """What the schema of the specification has against the list."""
    against = JsonStrictValidator(SchemaVersion.from_version(SPEC)).validate_str(text_of(listed))
    if against is not None:
        yield f"the list is not CycloneDX {SPEC}: {against}"


def out_of_date(asked: Table) -> list[str]:
    """Whether the list that the product reads is the one that would be written now."""
    if LIST.is_file() and LIST.read_text() == text_of(document(asked)):
        return []
    return [f"{LIST.relative_to(ROOT)} is out of date; run: make parts"]


def release_time() -> datetime:
    """``SOURCE_DATE_EPOCH``, else the time of the last commit: never the time of now."""
    seconds = (
        os.environ.get("SOURCE_DATE_EPOCH")
        or subprocess.run(
            ["git", "log", "-1", "--format=%ct"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
    )
    return datetime.fromtimestamp(int(seconds), UTC)


def main(words: list[str]) -> int:
    asked = table()
    if words[:1] == ["release"] and len(words) == 2:
        target = Path(words[1])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text_of(document(asked, release_time())))
        print(f"The list of parts is {target}.")
        return 0
    if words not in (["make"], ["check"]):
        print("usage: parts.py make | check | release FILE", file=sys.stderr)
        return 2
    if words == ["make"]:
        LIST.write_text(text_of(document(asked)))
    faults = wrong(asked) + out_of_date(asked)
    for fault in faults:
        print(f"parts: {fault}", file=sys.stderr)
    if not faults:
        print(f"The list of parts is whole: {len(document(asked)['components'])} parts.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
