# SPDX-License-Identifier: Apache-2.0
"""The journey of an office that asks everybody for a second factor, and of one who has none."""

from __future__ import annotations

import base64
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from browsing import DESK, PHONE, axe_faults, overflow
from cast import PASSWORD, Cast
from pilothouse.foundation.accounts import codes
from pilothouse.foundation.accounts.models import SecondFactor
from pilothouse.foundation.core import clock
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.second_factor import set_rule_of_office


@pytest.fixture
def window(axe_windows):
    return axe_windows()


def ask(cast: Cast, days: int) -> None:
    """Nia, of the other office, asks everybody there for one from so many days on."""
    row = OrgUnit.objects.get(pk=cast.other_office.pk)
    since = clock.today() + timedelta(days=days)
    set_rule_of_office(
        actor=cast.nia.actor(), office=row, since=since, version=row.version, reason=""
    )


def look(page: Page) -> None:
    """axe finds nothing, by day and by night, and a phone fits it."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            assert axe_faults(page) == []
            assert overflow(page) == ""
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESK)


def code_of(page: Page) -> str:
    """What an app shows that was given the key of the page."""
    link = page.get_by_text(re.compile(r"^otpauth://")).inner_text()
    written = re.search(r"secret=(\w+)", link)
    assert written is not None
    key = base64.b32decode(written[1])
    return codes.code_at(key, int(timezone.now().timestamp()) // codes.STEP_SECONDS)


def give(page: Page, **fields: str) -> None:
    for label, text in fields.items():
        page.get_by_label(label.replace("_", " ")).fill(text)


def test_from_the_reminder_to_the_set_up_and_to_another_device(port, window):
    ask(port, days=7)
    page = window.sign_in("nia@example.org")
    expect(page.get_by_text("you need a second factor to work here")).to_be_visible()
    look(page)

    ask(port, days=0)
    page.goto("/register/")
    expect(page).to_have_url(re.compile(r"/account/second-factor/$"))
    expect(page.get_by_text("Airport asks everybody for a second factor.")).to_be_visible()
    expect(page.get_by_role("link", name="Register")).to_have_count(0)
    look(page)
    page.goto("/account/password/")
    look(page)

    page.goto("/account/second-factor/")
    give(page, Code=code_of(page), Password=PASSWORD)
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    recovery = page.locator("ol code").first.inner_text()
    look(page)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("link", name="Register")).to_be_visible()

    page.goto("/account/second-factor/")
    expect(page.get_by_role("button", name="Switch it off")).to_have_count(0)
    page.get_by_role("link", name="Use another device").click()
    look(page)
    before = SecondFactor.objects.get().seed
    give(
        page,
        Code_of_the_new_device=code_of(page),
        Code_of_the_old_device=recovery,
        Password=PASSWORD,
    )
    page.get_by_role("button", name="Use the new device").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    look(page)
    assert SecondFactor.objects.get().seed != before
