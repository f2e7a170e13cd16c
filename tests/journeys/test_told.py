# SPDX-License-Identifier: Apache-2.0
"""Told of an action: the mail in the outbox, done by its link, notices read by keyboard alone."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from browsing import PHONE, axe_faults
from cast import Cast
from pilothouse.delivery.raid.models import Action, Kind
from pilothouse.delivery.raid.services.registering import Asked, raise_entry
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.models import JobRun
from pilothouse.foundation.notifications.models import Delivery, Notice
from pilothouse.foundation.notifications.services import mail_at_once


@pytest.fixture
def outbox(settings, tmp_path):
    """No mail server is set, and this is the demo."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "outbox"
    JobRun.objects.create(name="demo.example", outcome=JobRun.Outcome.DONE)


def judge(page: Page) -> None:
    """Axe finds nothing, by day and by night."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert axe_faults(page) == []
    page.emulate_media(color_scheme="light")


def give(port: Cast, title: str, site: str) -> Action:
    """An action of Tess, by Piet."""
    values = {"title": title, "owner": port.tess, "due": clock.today()}
    asked = Asked(Kind.ACTION, values, (), site)
    row = raise_entry(actor=port.piet.actor(), place=port.harbour, asked=asked)
    return Action.rows.get(pk=row.pk)


def test_an_action_is_done_by_the_link_of_its_mail(axe_windows, site, port, outbox):
    action = give(port, "Call the supplier", site)
    assert mail_at_once(person_id=port.tess.pk, now=timezone.now())
    window = axe_windows()
    page = window.sign_in("tess@example.org")
    page.set_viewport_size(PHONE)

    page.goto("/outbox/")
    judge(page)
    page.get_by_role("link", name="Call the supplier").click()
    judge(page)
    page.get_by_role("link", name="/do/").click()
    judge(page)
    page.get_by_label("Remark").fill("They come on Monday.")
    page.get_by_role("button", name="It is done").click()

    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    judge(page)
    action.refresh_from_db()
    assert (action.state, action.done_by, action.done_note) == (
        "done",
        port.tess,
        "They come on Monday.",
    )


def test_notices_are_read_and_chosen_by_keyboard_alone(axe_windows, site, port):
    Notice.objects.all().delete()
    give(port, "Order the piles", site)
    give(port, "Close the berth", site)
    window = axe_windows()
    page, keys = window.sign_in("tess@example.org"), window.page.keyboard

    page.get_by_role("link", name="Notices: 2 unread").focus()
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Notices")).to_be_visible()
    judge(page)
    page.get_by_role("button", name="Mark read").first.focus()
    keys.press("Enter")
    expect(page.get_by_role("link", name="Notices: 1 unread")).to_be_visible()
    page.get_by_role("button", name="Mark all read").focus()
    keys.press("Enter")
    expect(page.get_by_text("1 notice is read.")).to_be_visible()

    page.get_by_role("link", name="How you are told").focus()
    keys.press("Enter")
    judge(page)
    page.get_by_label("reminders").focus()
    keys.type("In the digest")
    page.get_by_label("Quiet from").focus()
    keys.type("20")
    page.get_by_label("Until", exact=True).focus()
    keys.type("06")
    page.get_by_role("button", name="Save").focus()
    keys.press("Enter")
    expect(page.get_by_text("From now on you are told like this.")).to_be_visible()
    row = Delivery.objects.get(person=port.tess)
    assert (row.ways, row.quiet_from, row.quiet_until) == ({"raid.reminders": "digest"}, 20, 6)
