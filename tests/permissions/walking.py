# SPDX-License-Identifier: Apache-2.0
"""What there is to ask: every address and operation, the table's lines, and how to ask them."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from pilothouse.delivery.planning.tests.files import QUAY
from pilothouse.faces.api.api import BASE, schema

HERE = Path(__file__).parent
FILES = {
    "quay.xml": QUAY,
    "new.csv": "Code,Project,Portfolio\nNEW2,Newer crane,QUAY\n",
    "lines.csv": f"WBS,Category,Nature,{datetime.now(UTC).year}-01\n2,Travel,opex,7\n",
}
"""What a line may upload, by name."""

WRITES = re.compile(r"^\s*(?:INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)
# Tries are counted, and a session is touched, whatever the answer.
NOBODY = "nobody"
UNCOUNTED = {"django_session", "accounts_usersession", "accounts_signintries"}


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    method: str
    address: str
    expected: dict[str, int]

    def __str__(self) -> str:
        return f"{self.method} {self.address}"


@cache
def read_table() -> tuple[list[str], list[Line]]:
    """The people at the head of the table, and its lines."""
    rows = [
        text.split()
        for text in (HERE / "table.txt").read_text(encoding="utf-8").splitlines()
        if text.strip() and not text.startswith("#")
    ]
    people = rows[0][2:]
    return people, [
        Line(row[0], row[1], dict(zip(people, map(int, row[2:]), strict=True))) for row in rows[1:]
    ]


@cache
def read_values() -> dict[str, dict[str, Any]]:
    """What is sent with a line, where the form alone does not say it."""
    return tomllib.loads((HERE / "values.toml").read_text(encoding="utf-8"))


def _patterns(
    found: Sequence[URLPattern | URLResolver], spaces: tuple[str, ...] = ()
) -> Iterator[tuple[str, URLPattern]]:
    for item in found:
        if isinstance(item, URLResolver):
            inner = (*spaces, item.namespace) if item.namespace else spaces
            yield from _patterns(item.url_patterns, inner)
        else:
            yield ":".join([*spaces, item.name or "?"]), item


@cache
def addresses() -> dict[str, URLPattern]:
    """Every address outside the API's operations by its name."""
    return {
        name: item
        for name, item in _patterns(get_resolver().url_patterns)
        if not name.startswith("api:v1:")
    }


@cache
def operations() -> dict[str, tuple[str, str]]:
    """Every operation of the API: its name → method and path, as its description says."""
    return {
        f"api:{operation['operationId']}": (method.upper(), path.removeprefix(BASE))
        for path, methods in schema()["paths"].items()
        for method, operation in methods.items()
    }


def filled(value: Any, places: dict[str, int | str]) -> Any:
    """A value of ``values.toml`` with the numbers of this database."""
    if isinstance(value, dict):
        return {name.format(**places): filled(item, places) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, places) for item in value]
    if not isinstance(value, str):
        return value
    whole = re.fullmatch(r"\{(\w+)\}", value)
    return places[whole[1]] if whole else value.format(**places)


def url_of(
    line: Line, places: dict[str, int | str], forced: dict[str, int | str] | None = None
) -> str:
    """The address of a line in one of the offices; ``forced`` stand before what the line says."""
    sent = read_values().get(str(line), {})
    places = {**places, **filled(sent.get("url", {}), places), **(forced or {})}
    if line.address in operations():
        path = re.sub(r"\{(\w+)\}", lambda m: str(places[m[1]]), operations()[line.address][1])
        url = BASE + path
    else:
        names = addresses()[line.address].pattern.converters
        url = reverse(line.address, kwargs={name: places[name] for name in names})
    query = sent.get("query", "")
    return f"{url}?{filled(query, places)}" if query else url


class _Form(HTMLParser):
    """The fields of the page's own form with what they hold."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._inside = False
        self._select = ""
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        name, value = held.get("name") or "", held.get("value") or ""
        if tag == "form":
            self._inside = held.get("method", "").lower() == "post" and not held.get("action")
        elif not self._inside or (not name and tag != "option"):
            return
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            if "selected" in held or self._select not in self.values:
                self.values[self._select] = value
        elif tag == "textarea":
            self._text, self.values[name] = name, ""
        elif held.get("type") not in ("checkbox", "radio", "file") or "checked" in held:
            self.values[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._text = ""
        elif tag == "form":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._text:
            self.values[self._text] += data


def form_values(page: str) -> dict[str, str]:
    """What a browser would send from the form of a page as it stands."""
    parser = _Form()
    parser.feed(page)
    return parser.values


def send(client: Client, line: Line, url: str, form: dict[str, Any], headers=None):
    """Ask one line; the API speaks JSON and sends the version, a page sends its form.

    A line with a ``file`` in values.toml sends that file with its form.
    """
    name = read_values().get(str(line), {}).get("file")
    if name is not None:
        file = SimpleUploadedFile(name, FILES[name].encode())
        version = {"If-Match": '"v1"'} if line.address in operations() else {}
        return client.post(url, {**form, "file": file}, headers={**version, **(headers or {})})
    if line.address in operations():
        return client.generic(
            line.method,
            url,
            json.dumps(form) if line.method in ("POST", "PUT", "PATCH") else b"",
            content_type="application/json",
            headers={"If-Match": '"v1"', **(headers or {})},
        )
    if line.method == "POST":
        return client.post(url, form, headers=headers)
    return client.generic(line.method, url, headers=headers)


@contextmanager
def taken_back() -> Iterator[list[str]]:
    """Undo whatever happens inside; gives the statements that wrote to a table that counts."""
    written: list[str] = []

    def note(execute, sql, params, many, context):
        if WRITES.match(sql) and not any(table in sql for table in UNCOUNTED):
            written.append(sql)
        return execute(sql, params, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(note):
            yield written
        transaction.set_rollback(True)


def digest() -> dict[str, list[Any]]:
    """Every row of every table that counts."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values_list())
        for model in apps.get_models()
        if model._meta.db_table not in UNCOUNTED
    }
