# SPDX-License-Identifier: Apache-2.0
"""Reading an uploaded table in a child process that may use little memory and little time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from pilothouse.exchange.tables import Table
from pilothouse.foundation.core.errors import Invalid

SECONDS = 30
MEMORY = 512 * 1024 * 1024
MAX_BYTES = 50 * 1024 * 1024
SOURCE_ROOT = Path(__file__).resolve().parents[2]


def read_untrusted(
    data: bytes, *, encoding: str = "", delimiter: str = "", sheet: str = ""
) -> Table:
    """Rows of an uploaded file.

    Raises: Invalid with the reader's sentence, or one that says which limit was hit.
    """
    if len(data) > MAX_BYTES:
        raise Invalid("exchange.bytes", f"The file is larger than {MAX_BYTES // 2**20} MB.")
    request = json.dumps({"encoding": encoding, "delimiter": delimiter, "sheet": sheet})
    keep = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "LANG", "TMPDIR")
    child = subprocess.Popen(  # noqa: S603 (our own module, arguments are JSON)
        [sys.executable, "-m", "pilothouse.exchange.reader_child", request],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={
            **{name: os.environ[name] for name in keep if name in os.environ},
            "PYTHONPATH": str(SOURCE_ROOT),
            "PYTHONUTF8": "1",
            "PILOTHOUSE_READER_MEMORY": str(MEMORY),
            "PILOTHOUSE_READER_SECONDS": str(SECONDS),
        },
    )
    try:
        answer, _ = child.communicate(data, timeout=SECONDS + 5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        raise _too_costly(f"took longer than {SECONDS} seconds") from None
    if child.returncode != 0:
        raise _too_costly(f"needs more than {MEMORY // 2**20} MB of memory or {SECONDS} seconds")
    result = json.loads(answer)
    if "error" in result:
        code, message = result["error"]
        raise Invalid(code, message, fields={"file": message})
    return Table(**result)


def read_sheet(data: bytes, sheet: str) -> Table:
    """Rows of one sheet of an uploaded file, of the first where none is named."""
    return read_untrusted(data, sheet=sheet)


def _too_costly(why: str) -> Invalid:
    message = f"The file {why} to read. Save the needed range as CSV and try again."
    return Invalid("exchange.too_costly", message, fields={"file": message})
