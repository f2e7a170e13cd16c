# SPDX-License-Identifier: Apache-2.0
"""Which passwords are refused because they were leaked: without the network, from files.

Three lists are asked: the one that is shipped, Django's own of the most common ones, and the
operator's, if there is one. The shipped one holds passwords of 10 characters and more, since
shorter ones are refused for their length. It is a sorted set of 32 bits of the SHA-256 of each,
written as the gaps between them (Golomb and Rice), so that nobody can read a password out of it;
one of 1,050 passwords that were never leaked is taken for one that was. Nothing of it stays in
memory: a question reads a block of some 400 bytes. ``requirements/breached.py`` writes the file.

A password counts as leaked whatever its case, and with up to six digits and signs added at its
end: who guesses tries those first.
"""

from __future__ import annotations

import hashlib
import os
import re
import struct
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

SHIPPED = Path(__file__).parent / "breached" / "breached.bin"
HEAD = struct.Struct(">8sIBB")
MAGIC = b"PHLEAKED"
OFFSET = struct.Struct(">I")
DIGEST_BITS = 32
SHORTEST = 10
"""Shorter passwords are refused for their length, and are not in the shipped list."""

ADDED = 6
"""So many digits and signs at the end are looked past."""
SHORTEST_BASE = 4
_SIGN = re.compile(r"[\d\W_]")
LONGEST = 1024
"""Longer passwords stand in no list, and are not looked up: some are slow to make ``normal``."""

LARGEST_LINES = 10 * 1024 * 1024
"""A list of plain passwords is read through at each question; a larger one is sorted digests."""
LONGEST_LINE = 1024
_DIGEST_LINE = re.compile(rb"[0-9A-Fa-f]{40}(?::\d+)?\s*\Z")


class BadList(Exception):
    """A list of passwords cannot be used; the sentence says why and what to do."""


def normal(password: str) -> str:
    """A password as lists are compared: the same for every case and every way to write a letter."""
    return unicodedata.normalize("NFKC", password).casefold()


def is_leaked(password: str) -> bool:
    """Whether a password stands in one of the lists, or does without what was added to its end.

    Raises: BadList where a list cannot be read: then nobody can say.
    """
    if len(password) > LONGEST:
        return False
    tried = list(dict.fromkeys(_bases(normal(password))))
    if any(base in _common() for base in tried) or any(_is_shipped(base) for base in tried):
        return True
    path = settings.PILOTHOUSE_BREACHED_PASSWORDS
    return bool(path) and _is_in_own(Path(path), {password, *_bases(password), *tried})


class LeakedPasswordValidator:
    """Refuses leaked passwords wherever Django's validators are asked: at every door."""

    def validate(self, password: str, user: object | None = None) -> None:
        """Raise ValidationError for a leaked password, and where no list can tell."""
        try:
            leaked = is_leaked(password)
        except BadList as bad:
            raise ValidationError(
                gettext("No password can be set now. Tell your system administrator: %(why)s"),
                code="password_list",
                params={"why": str(bad)},
            ) from bad
        if leaked:
            raise ValidationError(
                gettext(
                    "This password, or what is left of it without digits and signs at its end, "
                    "was leaked somewhere and is among the first that are tried. Take another, "
                    "such as four words that do not belong together."
                ),
                code="password_leaked",
            )

    def get_help_text(self) -> str:
        return gettext("Your password can’t be one that was leaked anywhere.")


def _bases(password: str) -> Iterator[str]:
    """The password, and what is left of it without digits and signs at its end."""
    yield password
    for number in range(1, min(ADDED, len(password) - SHORTEST_BASE) + 1):
        if not _SIGN.match(password[-number]):
            return
        yield password[:-number]


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    """Django's list of the most common ones, of every length."""
    return frozenset(CommonPasswordValidator().passwords)


# ---- the shipped list ----


def digest_of(password: str) -> int:
    """The bits by which a password stands in the shipped list."""
    digest = hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[: DIGEST_BITS // 8], "big")


def packed(passwords: Iterable[str], rice: int, block_bits: int) -> bytes:
    """The file of the shipped list for these passwords, which are ``normal`` already."""
    digests = sorted({digest_of(password) for password in passwords})
    rest = DIGEST_BITS - block_bits
    blocks: list[list[int]] = [[] for _ in range(1 << block_bits)]
    for digest in digests:
        blocks[digest >> rest].append(digest & ((1 << rest) - 1))
    offsets, body = [0], bytearray()
    for block in blocks:
        body += _written(block, rice)
        offsets.append(len(body))
    head = HEAD.pack(MAGIC, len(digests), rice, block_bits)
    return head + b"".join(map(OFFSET.pack, offsets)) + bytes(body)


def _written(numbers: list[int], rice: int) -> bytes:
    bits, before = [], -1
    for number in numbers:
        gap, before = number - before - 1, number
        bits.append("1" * (gap >> rice) + "0" + format(gap & ((1 << rice) - 1), f"0{rice}b"))
    text = "".join(bits)
    # Ones at the end begin no number that ends.
    text += "1" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big") if text else b""


def _numbers(block: bytes, rice: int) -> Iterator[int]:
    text = bin(int.from_bytes(b"\x01" + block, "big"))[3:]
    at, number = 0, -1
    while (end := text.find("0", at)) >= 0:
        number += ((end - at) << rice) + int(text[end + 1 : end + 1 + rice], 2) + 1
        yield number
        at = end + 1 + rice


def _is_shipped(password: str) -> bool:
    if len(password) < SHORTEST:
        return False
    try:
        with SHIPPED.open("rb") as file:
            _, rice, block_bits = _head(file.read(HEAD.size))
            rest = DIGEST_BITS - block_bits
            digest = digest_of(password)
            file.seek(HEAD.size + OFFSET.size * (digest >> rest))
            start, end = struct.unpack(">II", file.read(2 * OFFSET.size))
            file.seek(HEAD.size + OFFSET.size * ((1 << block_bits) + 1) + start)
            return digest & ((1 << rest) - 1) in _numbers(file.read(end - start), rice)
    except (OSError, struct.error, ValueError):
        raise _spoiled() from None


def _head(data: bytes) -> tuple[int, int, int]:
    magic, count, rice, block_bits = HEAD.unpack(data)
    if magic != MAGIC or not 0 < rice < DIGEST_BITS or not 0 < block_bits < DIGEST_BITS:
        raise _spoiled()
    return count, rice, block_bits


def _spoiled() -> BadList:
    return BadList(
        f"The list of leaked passwords that is shipped ({SHIPPED.name}) is missing or spoiled; "
        "install Pilothouse anew."
    )


def require_shipped() -> int:
    """How many passwords the shipped list holds. Raises: BadList where it is not whole."""
    try:
        data = SHIPPED.read_bytes()
        count, _, block_bits = _head(data[: HEAD.size])
        start = HEAD.size + OFFSET.size * ((1 << block_bits) + 1)
        offsets = list(struct.unpack(f">{(1 << block_bits) + 1}I", data[HEAD.size : start]))
        body = data[start:]
        whole = offsets == sorted(offsets) and offsets[0] == 0 and offsets[-1] == len(body)
    except (OSError, struct.error):
        raise _spoiled() from None
    if not whole or hashlib.sha256(data).hexdigest() != SHIPPED_SHA256:
        raise _spoiled()
    return count


SHIPPED_SHA256 = "091eab87d5680616a0ff26a3afbdb33b7142fc99cd4b9fe9dc1ad593ca37cbe8"
"""Of the file that ``requirements/breached.py`` wrote."""


# ---- the operator's list ----


def _is_in_own(path: Path, passwords: set[str]) -> bool:
    if _is_of_digests(path):
        return any(_has_line(path, sha1_of(password)) for password in passwords)
    wanted = {normal(password) for password in passwords}
    return any(normal(line) in wanted for line in _lines(path))


def sha1_of(password: str) -> bytes:
    """A password as the well-known list of SHA-1 digests has it: as typed, in capitals."""
    data = password.encode("utf-8", "surrogatepass")
    return hashlib.sha1(data, usedforsecurity=False).hexdigest().upper().encode()


def _unreadable(path: Path, error: OSError) -> BadList:
    return BadList(
        f"The list of leaked passwords {path} cannot be read ({error.strerror}). Correct "
        "PILOTHOUSE_BREACHED_PASSWORDS, or let this user read the file."
    )


def _is_of_digests(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return bool(_DIGEST_LINE.match(file.readline(LONGEST_LINE)))
    except OSError as error:
        raise _unreadable(path, error) from None


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            for line in file:
                yield line.rstrip("\r\n")
    except OSError as error:
        raise _unreadable(path, error) from None
    except UnicodeDecodeError:
        raise BadList(
            f"The list of leaked passwords {path} is no text in UTF-8; save it as UTF-8, a "
            "password a line."
        ) from None


def _line_at(path: Path, at: int) -> bytes:
    """The first whole line at or behind this byte; nothing behind the last."""
    try:
        with path.open("rb") as file:
            if at:
                file.seek(at - 1)
                file.readline(LONGEST_LINE)
            line = file.readline(LONGEST_LINE)
    except OSError as error:
        raise _unreadable(path, error) from None
    if line and not _DIGEST_LINE.match(line):
        raise BadList(
            f"The list of leaked passwords {path} is broken near byte {at:,}: a line of it is no "
            "SHA-1 digest. Download it again, sorted by digest."
        )
    return line[:40].upper()


def _has_line(path: Path, digest: bytes) -> bool:
    """Whether a sorted file of digests has this one, by halving."""
    low, high = 0, path.stat().st_size
    while low < high:
        middle = (low + high) // 2
        line = _line_at(path, middle)
        if line == digest:
            return True
        if line and line < digest:
            low = middle + 1
        else:
            high = middle
    return _line_at(path, low) == digest


def require_own(path: Path) -> None:
    """Raise BadList where the operator's list cannot be used, with what to do."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise BadList(f"PILOTHOUSE_BREACHED_PASSWORDS names {path}, which is no file.")
    except OSError as error:
        raise _unreadable(path, error) from None
    if size == 0:
        raise BadList(f"The list of leaked passwords {path} is empty.")
    if not os.access(path, os.R_OK):
        raise _unreadable(path, PermissionError(13, "Permission denied"))
    if _is_of_digests(path):
        places = [size * part // 64 for part in range(64)]
        seen = [line for line in (_line_at(path, at) for at in places) if line]
        if seen != sorted(seen):
            raise BadList(
                f"The list of leaked passwords {path} is not sorted by digest; sort it (in the "
                "locale C), or download the one that is ordered by hash."
            )
        return
    if size > LARGEST_LINES:
        raise BadList(
            f"The list of leaked passwords {path} has {size:,} bytes; plain passwords may have "
            f"{LARGEST_LINES:,}. Give a file of sorted SHA-1 digests instead."
        )
    for _ in _lines(path):
        pass
