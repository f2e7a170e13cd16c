# SPDX-License-Identifier: Apache-2.0
"""Reading JSON that may be hostile: bounds stand before the parser, not after it."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from pilothouse.faces.api.middleware import MAX_JSON_BYTES
from pilothouse.faces.api.problems import ApiError

MAX_DEPTH = 32
MAX_DIGITS = 30
MAX_EXPONENT = 30
_CONTROL = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\U0010ffff]")
"""Control characters but for tabs and ends of lines."""
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|([\[\]{}])', re.DOTALL)
"""A whole string, or a bracket outside of one. Possessive, so that it is linear on any input."""


def _refuse(message: str) -> NoReturn:
    raise ApiError(400, "api.json", message)


def _depth_within_bounds(raw: bytes) -> None:
    depth = 0
    for token in _TOKEN.finditer(raw):
        sign = token[1]
        if sign is None:
            continue
        depth += 1 if sign in b"[{" else -1
        if depth > MAX_DEPTH:
            _refuse(f"The body is nested more than {MAX_DEPTH} deep.")


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        _refuse(f"A number has more than {MAX_DIGITS} digits.")
    return int(text)


def _decimal(text: str) -> Decimal:
    exponent = re.search(r"[eE][+-]?(\d+)$", text)
    if len(text) > 2 * MAX_DIGITS or (exponent and int(exponent[1][:9]) > MAX_EXPONENT):
        _refuse("A number is out of range.")
    return Decimal(text)


def _constant(text: str) -> NoReturn:
    _refuse(f"{text} is no number of JSON.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            _refuse(f"‘{name[:40]}’ stands twice in one object.")
        found[name] = value
    return found


def _clean(value: object) -> None:
    if isinstance(value, str):
        require_plain_text(value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            require_plain_text(name)
            _clean(inner)
    elif isinstance(value, list):
        for inner in value:
            _clean(inner)


def require_plain_text(text: str) -> None:
    """Refuse what no column or file can hold, and what nobody can see in a name."""
    if found := _CONTROL.search(text):
        _refuse(f"A text contains the control character U+{ord(found[0]):04X}; leave it out.")
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        _refuse("A text contains half of a surrogate pair.")


class StrictParser(Parser):
    """JSON in UTF-8 and nothing else, within bounds."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        if request.content_type != "application/json":
            raise ApiError(
                415, "api.media_type", "Send the body as JSON with Content-Type: application/json."
            )
        raw = request.body
        if len(raw) > MAX_JSON_BYTES:
            raise ApiError(413, "api.too_large", f"A body may have {MAX_JSON_BYTES} bytes.")
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            _refuse("The body is not UTF-8.")
        _depth_within_bounds(raw)
        try:
            data = json.loads(
                text,
                parse_int=_integer,
                parse_float=_decimal,
                parse_constant=_constant,
                object_pairs_hook=_once,
            )
        except ValueError as error:
            _refuse(f"The body is no JSON: {error}.")
        if not isinstance(data, dict):
            _refuse("The body must be a JSON object.")
        _clean(data)
        return data
