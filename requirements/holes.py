# SPDX-License-Identifier: Apache-2.0
"""Known holes of the packages that are installed to run: ask for them, and let none grow old.

``ask`` fails unless every package was asked for and no hole is open that ``holes.toml`` does not
hold. ``check`` is what a build calls anywhere: it fails likewise on what it finds, and where it
cannot ask it says so on standard error and judges only what is written down.

The tool that asks calls it well when it could ask for nothing at all. So its answer is read package
by package, and what is missing in it counts as not asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import parts

HERE = Path(__file__).resolve().parent
WRITTEN = HERE / "holes.toml"
DAYS = {"critical": 2, "usual": 7, "not reached": 90}
"""How long a hole of a weight may stay, counted from the day on which it was seen."""
PATIENCE = 120
"""Seconds for one round of asking."""


@dataclass(frozen=True, slots=True)
class Known:
    """One hole that somebody looked at and wrote down."""

    id: str
    package: str
    seen: date
    weight: str
    why: str

    @property
    def until(self) -> date:
        return self.seen + timedelta(days=DAYS[self.weight])


@dataclass(frozen=True, slots=True)
class Found:
    """One hole that was told of."""

    package: str
    version: str
    names: tuple[str, ...]
    mended_in: tuple[str, ...]

    def __str__(self) -> str:
        cure = f"mended in {', '.join(self.mended_in)}" if self.mended_in else "not mended yet"
        return f"{self.package} {self.version}: {self.names[0]}, {cure}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking: holes, and the packages for which there was no answer."""

    found: tuple[Found, ...]
    unasked: tuple[str, ...]


def written(text: str) -> tuple[list[Known], list[str]]:
    """What ``holes.toml`` holds, and a sentence for each entry that says too little."""
    known, faults = [], []
    for number, entry in enumerate(tomllib.loads(text).get("hole", []), 1):
        words = {"id", "package", "seen", "weight", "why"}
        if set(entry) != words or not all(entry.values()):
            faults.append(f"entry {number} of holes.toml needs {', '.join(sorted(words))}")
        elif entry["weight"] not in DAYS or not isinstance(entry["seen"], date):
            faults.append(
                f"entry {number} of holes.toml: weight is one of {', '.join(DAYS)}, seen is a day"
            )
        else:
            known.append(Known(**entry))
    return known, faults


def overdue(known: list[Known], today: date, names: set[str]) -> list[str]:
    """Entries that stayed too long, or are about nothing that is installed."""
    faults = [
        f"{hole.package}: {hole.id} was to be mended by {hole.until} ({hole.weight})"
        for hole in known
        if hole.until < today
    ]
    faults += [
        f"{hole.package}: {hole.id} stands in holes.toml, and the package is no part any more"
        for hole in known
        if hole.package not in names
    ]
    return faults


def unknown(answer: Answer, known: list[Known]) -> list[str]:
    """Holes that nobody looked at, and entries about holes that are gone."""
    open_ones = {(hole.package, name) for hole in answer.found for name in hole.names}
    held = {(hole.package, hole.id) for hole in known}
    faults = [
        f"{hole}. Take the newer one, or write it down in holes.toml."
        for hole in answer.found
        if not held & {(hole.package, name) for name in hole.names}
    ]
    faults += [
        f"{hole.package}: {hole.id} is mended; take it out of holes.toml"
        for hole in known
        if (hole.package, hole.id) not in open_ones and hole.package not in answer.unasked
    ]
    return faults


def rounds(asked: list[parts.Locked]) -> list[list[parts.Locked]]:
    """Every version once: a package that is there in two versions is asked for in two rounds."""
    sorted_out: list[list[parts.Locked]] = []
    for part in asked:
        for group in sorted_out:
            if part.name not in {other.name for other in group}:
                group.append(part)
                break
        else:
            sorted_out.append([part])
    return sorted_out


def ask(asked: list[parts.Locked]) -> Answer:
    """Ask for each package in its version, wherever it would be installed."""
    found: list[Found] = []
    unasked: list[str] = []
    for group in rounds(asked):
        answer = read(group, told(group))
        found += answer.found
        unasked += answer.unasked
    return Answer(tuple(found), tuple(unasked))


def told(group: list[parts.Locked]) -> str:
    """What the tool writes for one round; nothing when it does not come to an end."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as lines:
        lines.write("".join(f"{part.name}=={part.version}\n" for part in group))
        lines.flush()
        command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--format=json"]
        command += ["--progress-spinner=off", "--timeout=10", f"--requirement={lines.name}"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return ""
    return done.stdout


def read(group: list[parts.Locked], text: str) -> Answer:
    """The answer about each package; one without its version in the answer was not asked for."""
    try:
        rows: list[dict[str, Any]] = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        rows = []
    answered = {(row["name"], row["version"]) for row in rows if "version" in row}
    found = tuple(
        Found(row["name"], row["version"], (hole["id"], *hole["aliases"]), (*hole["fix_versions"],))
        for row in rows
        for hole in row.get("vulns", ())
    )
    return Answer(
        found, tuple(part.name for part in group if (part.name, part.version) not in answered)
    )


def judge(must_ask: bool, answer: Answer, text: str, today: date, names: set[str]) -> list[str]:
    """All that is wrong, a sentence each."""
    known, faults = written(text)
    faults += overdue(known, today, names) + unknown(answer, known)
    if must_ask and answer.unasked:
        faults.append(f"no answer about {', '.join(answer.unasked)}")
    return faults


def main(words: list[str]) -> int:
    if words not in (["ask"], ["check"]):
        print("usage: holes.py ask | check", file=sys.stderr)
        return 2
    asked = parts.packages(parts.table())
    answer = ask(asked)
    names = {part.name for part in asked}
    faults = judge(words == ["ask"], answer, WRITTEN.read_text(), datetime.now(UTC).date(), names)
    for fault in faults:
        print(f"holes: {fault}", file=sys.stderr)
    if answer.unasked and not faults:
        print(
            f"*** Known holes: {len(answer.unasked)} of {len(asked)} packages could not be asked "
            "for. Nothing is known about them; run `make holes` where the network is. ***",
            file=sys.stderr,
        )
    if not faults and not answer.unasked:
        print(f"No hole is known in {len(asked)} packages.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
