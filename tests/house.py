# SPDX-License-Identifier: Apache-2.0
"""The house that whoever walks over all addresses asks: built once, and every question taken back."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

sys.path.insert(0, str(Path(__file__).parent / "permissions"))

import walking
import world
from walking import NOBODY, Line

from cast import Cast


class House:
    """Both offices with everything in them, and a signed-in browser for each of the cast."""

    def __init__(self) -> None:
        self.people = walking.read_table()[0]
        self.cast: Cast
        self.cast, self.own, self.foreign = world.build()
        self.before = walking.digest()
        self.clients = {name: Client(raise_request_exception=False) for name in self.people}
        for name, client in self.clients.items():
            if name != NOBODY:
                client.force_login(self.cast.people[name])
        self.cookies = {name: client.cookies.copy() for name, client in self.clients.items()}

    def browser(self, name: str) -> Client:
        """As freshly signed in, whatever the line before did."""
        client = self.clients[name]
        client.cookies = self.cookies[name].copy()
        return client

    def form(self, line: Line, url: str) -> dict:
        """What the page would send for the first person who may open it, with our own values."""
        sent = walking.filled(walking.read_values().get(str(line), {}).get("form", {}), self.own)
        if line.method != "POST" or line.address in walking.operations():
            return sent
        opener = next((name for name in self.people if line.expected[name] < 403), self.people[0])
        with walking.taken_back():
            page = self.browser(opener).get(url)
        is_page = page.status_code == 200 and "html" in page["Content-Type"]
        return {**(walking.form_values(page.content.decode()) if is_page else {}), **sent}


@pytest.fixture(scope="module")
def house(django_db_setup, django_db_blocker):
    """Built once; every question to it is taken back."""
    with django_db_blocker.unblock(), transaction.atomic():
        cache.clear()
        yield House()
        transaction.set_rollback(True)
