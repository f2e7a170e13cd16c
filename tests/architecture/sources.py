# SPDX-License-Identifier: Apache-2.0
"""Reading the project's own sources as syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "src" / "pilothouse"
WINGS = ("foundation", "delivery", "office", "direction")


@dataclass(frozen=True)
class Module:
    """One Python file of the product."""

    path: Path
    name: str
    tree: ast.Module

    @property
    def app(self) -> str:
        """``foundation.core``, ``exchange``, ``faces.web``, ``engine``, or the file itself."""
        return app_of(self.name)

    @property
    def room(self) -> str:
        """The part inside the app: ``services`` for ``…services.plans`` as well."""
        return room_of(self.name)

    def at(self, node: ast.AST) -> str:
        """File and line, as an editor opens it."""
        return f"{self.path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def app_of(name: str) -> str:
    """The app that a dotted name belongs to."""
    parts = name.split(".")[1:]
    deep = bool(parts) and (parts[0] in WINGS or parts[0] == "faces")
    return ".".join(parts[: 2 if deep else 1])


def room_of(name: str) -> str:
    """The room of a dotted name; empty for the app's own package."""
    rest = name.removeprefix(f"pilothouse.{app_of(name)}").lstrip(".")
    return rest.split(".")[0]


@cache
def modules() -> tuple[Module, ...]:
    """Every module that ships, without tests and migrations."""
    found = []
    for path in sorted(SOURCES.rglob("*.py")):
        inside = path.relative_to(SOURCES.parent)
        if {"tests", "migrations"} & set(inside.parts):
            continue
        name = ".".join(inside.with_suffix("").parts).removesuffix(".__init__")
        found.append(Module(path, name, ast.parse(path.read_text())))
    return tuple(found)


def imports(module: Module) -> Iterator[tuple[ast.stmt, str]]:
    """Every imported dotted name, wherever it stands."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield node, f"{node.module}.{alias.name}"


def templates() -> list[Path]:
    """Every template of the product."""
    return sorted(path for path in SOURCES.glob("**/templates/**/*") if path.is_file())
