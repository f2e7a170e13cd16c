# SPDX-License-Identifier: Apache-2.0
"""Asking a scanner about a file: clamd by its own protocol, or a program by its exit code.

A file is clean only where the scanner said so in whole and in time. Whatever else comes is no
verdict: ``Unanswered``.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import struct
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

SECONDS = 30.0
MOST_SECONDS = 300.0
PORT = 3310
CHUNK = 64 * 1024
LONGEST_ANSWER = 4096
ANSWER = re.compile(r"stream: (?:OK|(?P<signature>\S.*) FOUND)")


class WrongAddress(ValueError):
    """The setting is not understood; the message says what of it."""


class Unanswered(Exception):
    """No verdict; the message goes on after "the scanner".

    ``silent`` where it would be so for any file: nobody is there, or no answer comes in time.
    """

    def __init__(self, message: str, *, silent: bool = False) -> None:
        super().__init__(message)
        self.silent = silent


class TooLarge(Exception):
    """The scanner takes no file of this size; it would be the same at every further try."""


class Scanner(Protocol):
    """What can look at a file."""

    def examine(self, data: bytes) -> str:
        """What was found, or nothing. Raises Unanswered, TooLarge."""

    def knock(self) -> str:
        """Who answers. Raises Unanswered."""


def scanner_at(address: str) -> Scanner:
    """The scanner that the setting names. Raises WrongAddress."""
    try:
        parts = urlsplit(address)
        port = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError:
        raise WrongAddress("its host or port is none") from None
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    seconds = _seconds(options.pop("timeout", ""))
    if options or parts.fragment or parts.username is not None:
        raise WrongAddress("it takes timeout=… and nothing else")
    path = unquote(parts.path)
    if "\0" in path:
        raise WrongAddress("no path has a NUL in it")
    if parts.scheme == "command" and not parts.netloc and path.startswith("/"):
        return Program(path, seconds)
    if parts.scheme == "clamd" and parts.hostname and path in ("", "/"):
        return Clamd(host=parts.hostname, port=port or PORT, seconds=seconds)
    if parts.scheme == "clamd" and not parts.netloc and path.startswith("/"):
        return Clamd(path=path, seconds=seconds)
    raise WrongAddress("it is neither clamd:// with a host or a path, nor command:/ with a path")


def _seconds(text: str) -> float:
    if not text:
        return SECONDS
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= MOST_SECONDS:
        raise WrongAddress(f"timeout is no number of seconds up to {MOST_SECONDS:.0f}")
    return value


class _Deadline:
    """The time that is left of a whole conversation, however it is divided up."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


@dataclass(frozen=True, slots=True)
class Clamd:
    """The daemon of ClamAV, by a socket of this machine or by TCP.

    Commands begin with z and end with NUL, as its manual recommends, and so do its answers: one
    that is cut short cannot pass for a whole one.
    """

    host: str = ""
    port: int = PORT
    path: str = ""
    seconds: float = SECONDS

    def examine(self, data: bytes) -> str:
        answer, early = self._ask(data)
        if "size limit exceeded" in answer:
            raise TooLarge
        found = ANSWER.fullmatch(answer)
        if found is None or (early and not found["signature"]):
            raise Unanswered(f"gave no verdict ({plain(answer) or 'nothing'})")
        return plain(found["signature"] or "")

    def knock(self) -> str:
        deadline = _Deadline(min(self.seconds, 5.0))
        try:
            with self._connect(deadline) as line:
                line.settimeout(deadline.left())
                line.sendall(b"zVERSION\0")
                answer = plain(_answer(line, deadline))
        except OSError as error:
            raise self._silent(error) from None
        if not answer:
            raise Unanswered("gave no answer", silent=True)
        return answer

    def _ask(self, data: bytes) -> tuple[str, bool]:
        """The answer, and whether it came before the file was sent in whole."""
        deadline = _Deadline(self.seconds)
        try:
            with self._connect(deadline) as line:
                try:
                    early = _send(line, data, deadline)
                except (BrokenPipeError, ConnectionResetError):
                    # It hung up, and may have said before why: a file beyond its limit.
                    early = True
                return _answer(line, deadline), early
        except OSError as error:
            raise self._silent(error) from None

    def _connect(self, deadline: _Deadline) -> socket.socket:
        if not self.path:
            return socket.create_connection((self.host, self.port), timeout=deadline.left())
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            line.settimeout(deadline.left())
            line.connect(self.path)
        except OSError:
            line.close()
            raise
        return line

    def _silent(self, error: OSError) -> Unanswered:
        if isinstance(error, TimeoutError):
            return Unanswered(f"gave no answer within {self.seconds:g} seconds", silent=True)
        return Unanswered(f"cannot be reached ({error.strerror or error})", silent=True)


def _send(line: socket.socket, data: bytes, deadline: _Deadline) -> bool:
    """Send a file; whether there was an answer before its end, which ends the sending."""
    line.settimeout(deadline.left())
    line.sendall(b"zINSTREAM\0")
    view = memoryview(data)
    for start in range(0, len(view), CHUNK):
        if _spoke(line):
            return True
        part = view[start : start + CHUNK]
        line.settimeout(deadline.left())
        line.sendall(struct.pack("!I", len(part)) + part)
    early = _spoke(line)
    line.settimeout(deadline.left())
    line.sendall(struct.pack("!I", 0))
    return early


def _spoke(line: socket.socket) -> bool:
    """Whether something was said, or the line ended; waits for nothing."""
    line.setblocking(False)
    try:
        line.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    return True


def _answer(line: socket.socket, deadline: _Deadline) -> str:
    """What was said up to the NUL; nothing where the line ends before it."""
    said = b""
    while b"\0" not in said and len(said) <= LONGEST_ANSWER:
        line.settimeout(deadline.left())
        try:
            part = line.recv(LONGEST_ANSWER)
        except ConnectionResetError:
            part = b""
        if not part:
            return ""
        said += part
    text, _, rest = said.partition(b"\0")
    return "" if rest else text.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Program:
    """Any program: the file on its standard input; 0 is clean, 1 is found, all else no verdict.

    The last line that it prints names what was found.
    """

    path: str
    seconds: float = SECONDS

    def examine(self, data: bytes) -> str:
        code, said = self._run(data)
        if code == 0:
            return ""
        if code == 1:
            return said or "something unnamed"
        raise Unanswered(f"ended with code {code} ({said or 'it said nothing'})")

    def knock(self) -> str:
        code, said = self._run(b"")
        if code != 0:
            raise Unanswered(f"ended with code {code} on an empty file ({said or 'no word'})")
        return self.path

    def _run(self, data: bytes) -> tuple[int, str]:
        with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as said:
            source.write(data)
            source.seek(0)
            try:
                process = subprocess.Popen(  # noqa: S603 (the operator names it)
                    [self.path],
                    stdin=source,
                    stdout=said,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except OSError as error:
                raise Unanswered(f"cannot be run ({error.strerror})", silent=True) from None
            try:
                code = process.wait(self.seconds)
            except subprocess.TimeoutExpired:
                # With whatever it started: that would go on with the file.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                message = f"gave no answer within {self.seconds:g} seconds"
                raise Unanswered(message, silent=True) from None
            said.seek(max(0, said.seek(0, os.SEEK_END) - LONGEST_ANSWER))
            lines = said.read(LONGEST_ANSWER).decode("utf-8", "replace").split("\n")
        return code, next((plain(text) for text in reversed(lines) if plain(text)), "")


def plain(text: str) -> str:
    """What a scanner said, fit to be shown: one line of printable signs, at most 200."""
    return "".join(char if char.isprintable() else " " for char in text).strip()[:200]
