# SPDX-License-Identifier: Apache-2.0
"""The child of ``sandbox``: bytes on standard input, rows as JSON on standard output."""

from __future__ import annotations

import dataclasses
import json
import os
import sys

from pilothouse.exchange.tables import read_table
from pilothouse.exchange.workbooks import TableError


def main() -> int:
    """Take on the limits, read, answer."""
    _limit()
    request = json.loads(sys.argv[1])
    data = sys.stdin.buffer.read()
    try:
        answer = dataclasses.asdict(read_table(data, **request))
    except TableError as error:
        answer = {"error": [error.code, error.message]}
    except MemoryError:
        return 3
    json.dump(answer, sys.stdout)
    return 0


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the parent's clock still holds
        return
    memory = int(os.environ["PILOTHOUSE_READER_MEMORY"])
    seconds = int(os.environ["PILOTHOUSE_READER_SECONDS"])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


if __name__ == "__main__":
    sys.exit(main())
