# SPDX-License-Identifier: Apache-2.0
"""The second factor: one-time codes by the clock (RFC 6238), and recovery codes.

The key of a person is made from a seed in the database and the secret key of the installation,
so a copy of the database alone gives no code.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime
from urllib.parse import quote

import segno
from django.utils.crypto import salted_hmac

STEP_SECONDS = 30
TOLERANCE = 1
"""Steps that the clock of a telephone may be early or late."""

RECOVERY_CODES = 10


def new_seed() -> str:
    return secrets.token_hex(20)


def key_of(seed: str) -> bytes:
    """The 160 bits that the person's device shares."""
    return salted_hmac("pilothouse.second-factor", seed, algorithm="sha256").digest()[:20]


def code_at(key: bytes, step: int, digits: int = 6) -> str:
    """The code of one step of the clock (RFC 4226, 5.3)."""
    digest = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    at = digest[-1] & 15
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_of(code: str, key: bytes, now: datetime) -> int | None:
    """The step to which a code belongs, if it is one of about now."""
    present = int(now.timestamp()) // STEP_SECONDS
    for step in range(present - TOLERANCE, present + TOLERANCE + 1):
        if hmac.compare_digest(code_at(key, step).encode(), code.encode()):
            return step
    return None


def typed(code: str) -> str:
    """A code without the spaces and strokes that people put in."""
    return re.sub(r"[\s-]", "", code)[:64]


def written_key(seed: str) -> str:
    """The key as it is typed into an app."""
    return base64.b32encode(key_of(seed)).decode()


def in_fours(text: str) -> str:
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def link(seed: str, email: str) -> str:
    """The otpauth:// address that apps take in."""
    label = quote(f"Pilothouse:{email}")
    return f"otpauth://totp/{label}?secret={written_key(seed)}&issuer=Pilothouse"


def picture(link: str) -> tuple[int, str]:
    """The address as a QR code: its side with the quiet zone, and the path of its dark squares."""
    code = segno.make(link, error="m", micro=False)
    rows = list(code.matrix_iter())
    dark = ((x, y) for y, row in enumerate(rows) for x, module in enumerate(row) if module)
    return len(rows), "".join(f"M{x} {y}h1v1h-1z" for x, y in dark)


def new_recovery_code() -> str:
    """36 digits, nearly 120 bits; so a plain digest of it is enough."""
    return str(secrets.randbelow(10**36)).zfill(36)


def recovery_digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
