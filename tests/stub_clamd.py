# SPDX-License-Identifier: Apache-2.0
"""A scanner for the tests: a thread that speaks the INSTREAM of clamd, well or badly.

The harmless test file of EICAR is put together at run time: whole, it would let scanners of
others refuse these sources.
"""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path

EICAR = b"X5O!P%@AP[4" + b"\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS" + b"-TEST-FILE!$H+H*"
SIGNATURE = "Eicar-Signature"

BAD = {
    "garbage": b"\xff\xfe<html>\0",
    "empty": b"\0",
    "error": b"stream: Can't allocate memory ERROR\0",
    "cut": b"stream: OK",
    "more": b"stream: OK\0stream: OK\0",
    "endless": b"stream: " + b"a" * 10_000,
    "other": b"1: stream: OK\0",
}
"""Answers that are no verdict."""


class StubClamd:
    """``mode``: well, slow, early, midway, limit, silent, or one of ``BAD``."""

    def __init__(self, path: Path | None = None) -> None:
        self.mode = "well"
        self.limit = 2**30
        self.seen: list[bytes] = []
        self._released = threading.Event()
        stub = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):
                    stub._serve(self.request)

        if path is None:
            self._server: socketserver.BaseServer = _Tcp(("127.0.0.1", 0), Handler)
            host, port = self._server.server_address[:2]
            self.place = f"clamd://{host}:{port}"
        else:
            self._server = _Unix(str(path), Handler)
            self.place = f"clamd://{path}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def address(self) -> str:
        return f"{self.place}?timeout=5"

    def stop(self) -> None:
        """Nobody is there any more."""
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, line: socket.socket) -> None:
        command = _until_nul(line)
        if command == b"zVERSION":
            line.sendall(b"ClamAV 0.0.0/stub\0" if self.mode == "well" else BAD["empty"])
            return
        assert command == b"zINSTREAM", command
        if self.mode == "early":
            line.sendall(b"stream: OK\0")
            time.sleep(0.05)
        data = self._file(line)
        if data is None:
            return
        self.seen.append(data)
        if self.mode == "slow":
            self._released.wait(30)
        elif self.mode in BAD:
            line.sendall(BAD[self.mode])
        elif self.mode == "well":
            found = EICAR in data
            line.sendall(f"stream: {SIGNATURE} FOUND\0".encode() if found else b"stream: OK\0")

    def _file(self, line: socket.socket) -> bytes | None:
        data = b""
        while True:
            (size,) = struct.unpack("!I", _exactly(line, 4))
            if size == 0:
                return data
            if len(data) + size > self.limit:
                # As clamd does: it says why, and hangs up on what else is sent.
                line.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return None
            if self.mode == "midway":
                return None
            data += _exactly(line, size)


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class _Unix(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


def _until_nul(line: socket.socket) -> bytes:
    said = b""
    while not said.endswith(b"\0"):
        said += _exactly(line, 1)
    return said[:-1]


def _exactly(line: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = line.recv(size - len(data))
        if not part:
            raise ConnectionError
        data += part
    return data
