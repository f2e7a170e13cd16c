# SPDX-License-Identifier: Apache-2.0
"""Ends of the chain, kept outside the database: one small file for each trail.

Whoever changes the database alone cannot change these. A kept head gives way only to one of which
the chain shows that it came later; else it stays, and is what shows that something is wrong.
"""

from __future__ import annotations

import errno
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.conf import settings

from pilothouse.foundation.core.logs import note
from pilothouse.foundation.core.models import AuditSeal
from pilothouse.foundation.core.trail.contents import Head

try:
    import fcntl
except ImportError:  # On Windows other processes are not waited for.
    fcntl = None  # type: ignore[assignment]

HEAD = re.compile(r"(?P<position>[0-9]{1,18}):(?P<seal>[0-9a-f]{64}|[0-9a-f]{32})")
"""``POSITION:SEAL``; of an empty chain the seal is the name of the trail."""

TRAIL = re.compile(r"[0-9a-f]{32}")
"""The name of a trail, which names its file; the database could hold any other."""

_writing = threading.Lock()


def folder() -> Path:
    """Where heads are kept."""
    return Path(settings.PILOTHOUSE_DATA_DIR) / "audit-heads"


def parsed(text: str, trail: str) -> Head | None:
    """A head as it was written, or None if it is none."""
    found = HEAD.fullmatch(text.strip())
    return Head(trail, int(found["position"]), found["seal"]) if found else None


def kept() -> dict[str, Head | None]:
    """Name of the trail → the head kept of it; None where the file holds none. Raises OSError."""
    found: dict[str, Head | None] = {}
    for path in sorted(folder().glob("*.txt")):
        if text := path.read_text("ascii", "replace").strip():
            found[path.stem] = parsed(text, path.stem)
    return found


def keep(head: Head, before: Head) -> None:
    """Keep the head that a commit made of the one before; a failure is told in the security log."""
    try:
        with _opened(head.trail) as file:
            text = file.read().strip()
            was = parsed(text, head.trail)
            if text and (was is None or not _follows(head, before, was)):
                return
            _write(file, head)
    except OSError as error:
        note("audit.head_not_kept", reason=error.strerror)


def _follows(head: Head, before: Head, was: Head) -> bool:
    """Whether the chain shows that a head came after the one that was kept."""
    if was.position >= head.position:
        return False
    if was == before:
        return True
    return AuditSeal.objects.filter(position=was.position, seal=was.seal).exists()


def start_anew(head: Head) -> None:
    """Forget what was kept, and keep this. Raises OSError."""
    forget()
    with _opened(head.trail) as file:
        _write(file, head)


def forget() -> None:
    """Remove every kept head. Raises OSError."""
    for path in folder().glob("*.txt"):
        path.unlink()


def _write(file: IO[str], head: Head) -> None:
    file.seek(0)
    file.write(f"{head}\n")
    file.truncate()


@contextmanager
def _opened(trail: str) -> Iterator[IO[str]]:
    """The file of a trail, to read and write; one at a time.

    Nobody else may open it: whoever can read a file can lock it, and all changes would wait.
    """
    if TRAIL.fullmatch(trail) is None:
        raise OSError(errno.EINVAL, "The database does not hold the name of a trail")
    folder().mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder() / f"{trail}.txt", os.O_RDWR | os.O_CREAT, 0o600)
    with _writing, os.fdopen(descriptor, "r+", encoding="ascii", errors="replace") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file
