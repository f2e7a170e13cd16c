# SPDX-License-Identifier: Apache-2.0
"""Journeys: one browser, one server; a database that is filled once for each module."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.asgi import get_asgi_application
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import Browser, Page, expect, sync_playwright

from browsing import AXE, DESK, Watch, chromium, launch, must_not_skip, overflow, served
from cast import PASSWORD, Cast, assemble
from furnished import HALF_IN, Furnished, furnish
from pilothouse.delivery.planning.models import ProjectPlan
from pilothouse.delivery.planning.services import begin_plan, delete_plan, edit_plan

HERE = Path(__file__).parent
expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@contextmanager
def database_at(path: Path) -> Iterator[None]:
    """Let every thread find the database in another file."""
    assert connection.vendor == "sqlite"
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = str(path)
    yield
    connection.close()
    connection.settings_dict["NAME"] = before


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, once for all journeys; without it they are left out, and say so."""
    if chromium() is None:
        reason = "there is no chromium or chromium-browser on the PATH: no journey was made"
        if must_not_skip():
            pytest.fail(reason)
        pytest.skip(reason)
    # The driver keeps an event loop in this thread, which Django takes for an asynchronous view.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        chrome = launch(playwright)
        yield chrome
        chrome.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="package")
def site() -> Iterator[str]:
    """The address of the product, served as in use."""
    with served(get_asgi_application()) as address:
        yield address


@pytest.fixture(scope="package")
def empty_house(django_test_environment, django_db_blocker, tmp_path_factory) -> Path:
    """A database with every table and no row, from which each module takes a copy."""
    empty = tmp_path_factory.mktemp("journeys") / "empty.sqlite3"
    with django_db_blocker.unblock(), database_at(empty):
        call_command("migrate", verbosity=0)
    return empty


@pytest.fixture(scope="module")
def house(browser, empty_house, django_db_blocker, tmp_path_factory) -> Iterator[None]:
    """An empty house whose rows stay until the module ends."""
    own = tmp_path_factory.mktemp("house") / "house.sqlite3"
    shutil.copy(empty_house, own)
    with django_db_blocker.unblock(), database_at(own):
        cache.clear()
        ContentType.objects.clear_cache()
        yield


@pytest.fixture(scope="module")
def port(house) -> Cast:
    """The two offices of ``tests/cast.py``, for a whole module."""
    return assemble()


@pytest.fixture(scope="module")
def furnished(house) -> Furnished:
    """The cast's offices with something of everything, for a whole module."""
    return furnish()


class Visitor:
    """One browser window with its own cookies, watched from beginning to end."""

    def __init__(self, browser: Browser, address: str, **options: object) -> None:
        self.context = browser.new_context(
            base_url=address,
            **{"viewport": DESK, "locale": "en-GB", "reduced_motion": "reduce", **options},
        )
        self.context.set_default_timeout(20_000)
        self.watch = Watch(self.context)
        self.page = self.context.new_page()

    def knock(self, email: str, password: str = PASSWORD) -> None:
        """Give address and password at the door."""
        self.page.goto("/account/sign-in/")
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def sign_in(self, email: str, password: str = PASSWORD) -> Page:
        """Through the door, as everybody does."""
        self.knock(email, password)
        expect(self.page.locator("#ph-side")).to_be_attached()
        self.page.wait_for_load_state()
        return self.page

    def come_as(self, who: str) -> None:
        """As one of the cast; "" is nobody, and one of them is asked for a code."""
        if who == HALF_IN:
            self.knock(f"{who}@example.org")
            expect(self.page.get_by_role("textbox", name="Code")).to_be_visible()
        elif who:
            self.sign_in(f"{who}@example.org")

    def leave(self) -> None:
        """Close the window; whatever happened in it against the rules comes out here."""
        wide, address = overflow(self.page), self.page.url
        self.context.close()
        self.watch.assert_calm()
        assert wide == "", address


@pytest.fixture
def visitor(browser, site, house) -> Iterator[Callable[..., Visitor]]:
    """Open windows: ``visitor()``, ``visitor(viewport=PHONE)``; all are judged at the end."""
    with ExitStack() as stack:

        def enter(**options: object) -> Visitor:
            made = Visitor(browser, site, **options)
            stack.callback(made.leave)
            return made

        yield enter


@pytest.fixture(scope="module")
def axe_windows(browser, site, house) -> Iterator[Callable[[], Visitor]]:
    """Open windows in which axe stands ready on every page."""
    with ExitStack() as stack:

        def enter() -> Visitor:
            made = Visitor(browser, site)
            made.context.add_init_script(path=AXE)
            stack.callback(made.leave)
            return made

        yield enter


@pytest.fixture
def no_plan(port):
    """Harbour before anything is planned; the windows of the journey before are closed by now."""
    row = ProjectPlan.objects.filter(project=port.harbour).first()
    if row:
        actor = port.piet.actor()
        delete_plan(actor=actor, project=port.harbour, reason="Over", version=row.version)
    return port.harbour


@pytest.fixture
def plan(no_plan, port):
    """Five tasks of project Harbour below one summary, from Monday 2 March 2026 on."""
    actor = port.piet.actor()
    begin_plan(actor=actor, project=port.harbour, start=date(2026, 3, 2))
    names = [("Quay", "1d", 1), ("Dredge", "5d", 2), ("Pour", "3d", 2), ("Cure", "10d", 2)]
    tasks = [dict(zip(("name", "duration", "level"), row, strict=True)) for row in names]
    links = [(2, 3), (3, 4)]
    steps = [{"do": "link", "predecessor": a, "successor": b} for a, b in links]
    edit_plan(
        actor=actor,
        project=port.harbour,
        steps=[{"do": "add", "after": None, "tasks": tasks}, *steps],
    )
    return port.harbour
