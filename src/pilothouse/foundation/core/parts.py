# SPDX-License-Identifier: Apache-2.0
"""The parts that the product is made of, from the list that goes out with it (CycloneDX).

The list is made by ``make parts``; docs/house/parts.md says from what. Nothing here needs settings.
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Part:
    """One part: a package of Python, a package of browser files, or data of others."""

    kind: str
    name: str
    version: str
    licence: str
    why: str
    is_optional: bool
    only_where: str
    """A condition on the machine, in the words of a requirement; empty means everywhere."""
    carries: tuple[tuple[str, str], ...]
    """(name, licence) of libraries inside, as the authors of the part built them."""
    source: str
    notice: str


PACKAGE, BROWSER, DATA = "package", "browser", "data"


def list_text() -> str:
    """The list as it goes out."""
    return files("pilothouse").joinpath("parts.cdx.json").read_text(encoding="utf-8")


@cache
def parts() -> tuple[Part, ...]:
    """Every part, in the order of the list: packages, browser files, data."""
    return tuple(_part(row) for row in json.loads(list_text())["components"])


def _part(row: dict[str, Any]) -> Part:
    kind = DATA
    if row["type"] == "library":
        kind = PACKAGE if row["purl"].startswith("pkg:pypi/") else BROWSER
    links = [link["url"] for link in row.get("externalReferences", ()) if link["type"] == "website"]
    conditions = [
        fact["value"]
        for fact in row.get("properties", ())
        if fact["name"] == "pilothouse:only-where"
    ]
    inside = [part for part in row.get("components", ()) if part["type"] == "library"]
    return Part(
        kind=kind,
        name=row["name"],
        version=row.get("version", ""),
        licence=_licence(row),
        why=row["description"],
        is_optional=row.get("scope") == "optional",
        only_where="".join(conditions),
        carries=tuple((part["name"], _licence(part)) for part in inside),
        source="".join(links),
        notice=row.get("copyright", ""),
    )


def _licence(row: dict[str, Any]) -> str:
    entry = row["licenses"][0]
    return str(entry.get("expression") or entry["license"]["id"])


def installed_otherwise() -> Iterator[str]:
    """A sentence for each package that is installed in another version than the listed one."""
    listed: dict[str, list[Part]] = {}
    for part in parts():
        if part.kind == PACKAGE:
            listed.setdefault(part.name, []).append(part)
    for name, versions in listed.items():
        try:
            there = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            if any(not part.is_optional and not part.only_where for part in versions):
                yield f"{name} is not installed"
            continue
        if there not in {part.version for part in versions}:
            told = " or ".join(part.version for part in versions)
            yield f"{name} is installed as {there}, listed as {told}"
