# SPDX-License-Identifier: Apache-2.0
"""The browser files that others wrote: build them from packages, check them against a list.

``build`` copies what ``vendor.toml`` names out of ``node_modules`` and writes down version,
licence, size and SHA-256 of every file in ``vendor.json``, and the licence texts in a notice.
``check`` needs no packages: it compares the files that are there with what is written down.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
MODULES = HERE / "node_modules"
SHIPPED = Path("src/pilothouse/faces/web/static/web/vendor")
TESTS = Path("tests/vendor")
NOTICE = SHIPPED / "THIRD-PARTY.txt"
LIST = HERE / "vendor.json"
ALLOWED = {"0BSD", "MIT", "BSD-3-Clause", "Apache-2.0", "OFL-1.1"}
"""Licences of files that we ship; what only tests use may carry others."""


class Wrong(Exception):
    """A sentence for whoever called the script."""


def plan() -> list[dict[str, Any]]:
    """The packages of ``vendor.toml``."""
    packages: list[dict[str, Any]] = tomllib.loads((HERE / "vendor.toml").read_text())["package"]
    return packages


def wanted_version(name: str) -> str:
    """The one version that ``package.json`` pins."""
    package = json.loads((HERE / "package.json").read_text())
    return str((package["dependencies"] | package["devDependencies"])[name])


def sprite(package: Path, wish: dict[str, Any]) -> bytes:
    """One SVG file with a symbol for each icon, in the order of the list."""
    symbols = []
    for icon in wish["icons"]:
        text = (package / wish["folder"] / f"{icon}.svg").read_text()
        inner = re.sub(r"^.*?<svg[^>]*>|</svg>.*$", "", text, flags=re.S)
        inner = re.sub(r"\s*/>", "/>", "".join(line.strip() for line in inner.splitlines()))
        symbols.append(f'<symbol id="{icon}" viewBox="0 0 24 24">{inner}</symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'.encode()


def contents(wish: dict[str, Any]) -> dict[str, bytes]:
    """Target path → bytes of one package."""
    package = MODULES / wish["name"]
    found = {to: (package / path).read_bytes() for path, to in wish.get("files", {}).items()}
    if "sprite" in wish:
        found[wish["sprite"]["target"]] = sprite(package, wish["sprite"])
    return found


def build() -> str:
    """Write every vendored file, the notice and the list afresh."""
    if not MODULES.is_dir():
        raise Wrong("there is no frontend/node_modules; run: npm ci --ignore-scripts")
    listed: dict[str, dict[str, str | int]] = {}
    notice = ["Files in this folder were written by others. Their licences:\n"]
    for wish in plan():
        name, folder = wish["name"], MODULES / wish["name"]
        stated = json.loads((folder / "package.json").read_text())
        if stated["version"] != wanted_version(name):
            raise Wrong(f"{name} is installed as {stated['version']}; run: npm ci --ignore-scripts")
        if wish["shipped"]:
            text = (folder / wish["licence_file"]).read_text().strip()
            notice.append(f"{'=' * 78}\n{name} {stated['version']} ({wish['licence']})\n\n{text}\n")
        for target, data in contents(wish).items():
            (ROOT / target).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / target).write_bytes(data)
            listed[target] = {
                "package": name,
                "version": stated["version"],
                "licence": wish["licence"],
            } | measures(data)
    text = "\n".join(notice).encode()
    (ROOT / NOTICE).write_bytes(text)
    listed[str(NOTICE)] = {"package": "", "version": "", "licence": ""} | measures(text)
    LIST.write_text(json.dumps(listed, indent=2, sort_keys=True) + "\n")
    return f"{len(listed)} files are written."


def measures(data: bytes) -> dict[str, str | int]:
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def differences() -> list[str]:
    """What is not as the list and ``vendor.toml`` say, a sentence each."""
    listed = json.loads(LIST.read_text())
    wrong = []
    for target, entry in listed.items():
        path = ROOT / target
        if not path.is_file():
            wrong.append(f"{target} is listed and not there")
        elif measures(path.read_bytes()) != {key: entry[key] for key in ("bytes", "sha256")}:
            wrong.append(f"{target} is not the file that is listed")
    there = {path for folder in (SHIPPED, TESTS) for path in (ROOT / folder).rglob("*")}
    for path in sorted(path for path in there if path.is_file()):
        if str(path.relative_to(ROOT)) not in listed:
            wrong.append(f"{path.relative_to(ROOT)} is there and not listed")
    named = {str(NOTICE)}
    for wish in plan():
        targets = [*wish.get("files", {}).values()]
        targets += [wish["sprite"]["target"]] if "sprite" in wish else []
        named.update(targets)
        version = wanted_version(wish["name"])
        for target in targets:
            entry = listed.get(target, {})
            if (entry.get("version"), entry.get("licence")) != (version, wish["licence"]):
                wrong.append(f"{target} is not listed as {wish['name']} {version}")
        if wish["shipped"] and wish["licence"] not in ALLOWED:
            wrong.append(f"{wish['name']} is shipped under {wish['licence']}")
    wrong += [f"{target} is listed and not planned" for target in sorted(set(listed) - named)]
    if '"resolved"' in (HERE / "package-lock.json").read_text():
        wrong.append("package-lock.json names a registry; keep frontend/.npmrc as it is")
    return wrong


def check() -> str:
    """Refuse whatever differs from what is written down."""
    if wrong := differences():
        raise Wrong("; ".join(wrong) + ". Rebuild with: python frontend/vendor.py build")
    return "The vendored files are those written down."


def main(words: list[str]) -> int:
    verbs = {"build": build, "check": check}
    if len(words) != 1 or words[0] not in verbs:
        print("usage: vendor.py build | check", file=sys.stderr)
        return 2
    try:
        print(verbs[words[0]]())
    except Wrong as wrong:
        print(f"vendor: {wrong}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
