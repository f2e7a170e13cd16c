# SPDX-License-Identifier: Apache-2.0
"""What a tool calls a task for good: one GUID, however a format writes it."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from uuid import UUID, uuid5

_WRITTEN = re.compile(r"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?")
_SHORT = re.compile(r"[A-Za-z0-9+/]{22}(?:==)?")
_NAMES = UUID("7c1f7e0a-7a0d-4f5e-9a3a-5a0b1f0e6d52")
"""The name space of GUIDs that stand for what is none."""


def read_guid(text: str) -> str:
    """A GUID in capital letters; empty where the text is none, or one of zeros.

    Examples
    --------
    >>> read_guid("{0ab9133e-a09a-9648-b98a-b2384894ac44}")
    '0AB9133E-A09A-9648-B98A-B2384894AC44'
    """
    found = _WRITTEN.fullmatch(text.strip())
    guid = found[1].upper() if found else ""
    return guid if guid.strip("0-") else ""


def read_short_guid(text: str) -> str:
    """A GUID as Primavera writes it, its bytes in base 64; empty where the text is none.

    Examples
    --------
    >>> read_short_guid("CrkTPqCalki5irI4SJSsRA")
    '0AB9133E-A09A-9648-B98A-B2384894AC44'
    """
    bare = text.strip()
    if _SHORT.fullmatch(bare) is None:
        return read_guid(bare)
    try:
        return read_guid(str(UUID(bytes=b64decode(bare[:22] + "=="))))
    except binascii.Error:
        return ""


def write_short_guid(guid: str) -> str:
    """A GUID as Primavera reads it; empty where there is none.

    Examples
    --------
    >>> write_short_guid("0AB9133E-A09A-9648-B98A-B2384894AC44")
    'CrkTPqCalki5irI4SJSsRA'
    """
    return b64encode(UUID(guid).bytes).decode().rstrip("=") if read_guid(guid) else ""


def guid_for(text: str) -> str:
    """The GUID that a text is, or one that stands for it, always the same one.

    Examples
    --------
    >>> guid_for("QUAY-17") == guid_for(" QUAY-17 ") != guid_for("QUAY-18")
    True
    """
    return read_guid(text) or str(uuid5(_NAMES, text.strip())).upper()
