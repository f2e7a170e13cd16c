# SPDX-License-Identifier: Apache-2.0
"""A week typed through by keyboard alone, by a mail on a phone, and confirmed by keyboard alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from browsing import AXE, PHONE, axe_faults
from cast import Cast
from pilothouse.delivery.planning.models import Task
from pilothouse.delivery.progress.models import TaskUpdate
from pilothouse.delivery.progress.services import mail_week
from pilothouse.delivery.progress.tests.harbour import lay_plan
from pilothouse.foundation.core import clock


@pytest.fixture(scope="module")
def planned(port) -> Cast:
    """Harbour has a plan around today, with Tess on most."""
    lay_plan(port, clock.today())
    return port


def judge(page: Page) -> None:
    """Axe finds nothing, by day and by night."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert axe_faults(page) == []
    page.emulate_media(color_scheme="light")


def to(page: Page, name: str) -> None:
    """Tab on until a control of this name has the focus."""
    wanted = (
        page.get_by_role("main")
        .get_by_label(name)
        .or_(page.get_by_role("main").get_by_role("button", name=name))
    )
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.first.evaluate("control => control === document.activeElement"):
            return
    pytest.fail(f"no key leads to {name}")


def test_a_week_is_typed_through_and_confirmed_by_keyboard_alone(axe_windows, planned):
    window = axe_windows()
    page, keys = window.sign_in("tess@example.org"), window.page.keyboard
    page.goto("/my/week/")
    judge(page)

    to(page, "% done: Dredge")
    keys.type("most")
    keys.press("Enter")
    expect(page.get_by_label("Left: Dredge")).to_be_focused()
    for name in ("Started on: Dredge", "Finish: Dredge"):
        keys.press("Enter")
        expect(page.get_by_label(name)).to_be_focused()
    keys.press("Enter")
    keys.type("Rock below the silt")
    keys.press("Enter")
    expect(page.get_by_label("I need help: Dredge")).to_be_focused()
    keys.press("Space")
    keys.press("Enter")
    expect(page.get_by_label("% done: Pour")).to_be_focused()
    keys.type("10")
    to(page, "Send all")
    with window.watch.refusal(422):
        keys.press("Enter")
        expect(page.get_by_text("‘most’ is no percentage")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("nothing was saved")
    expect(page.get_by_label("% done: Pour")).to_have_value("10")
    judge(page)
    assert TaskUpdate.objects.count() == 0

    to(page, "% done: Dredge")
    keys.type("60")
    to(page, "Send all")
    keys.press("Enter")
    expect(page.get_by_text("2 updates are sent. Piet Example confirms")).to_be_visible()
    expect(page.get_by_text("waits for confirmation")).to_have_count(2)
    judge(page)

    window = axe_windows()
    page, keys = window.sign_in("piet@example.org"), window.page.keyboard
    page.goto(f"/plans/{planned.harbour.pk}/updates/")
    expect(page.get_by_role("row").filter(has_text="Dredge")).to_contain_text("needs help")
    judge(page)
    to(page, "Confirm the chosen")
    keys.press("Enter")
    expect(page.get_by_text("2 updates are confirmed.")).to_be_visible()
    judge(page)
    assert Task.objects.get(name="Dredge").percent_complete == 60


def test_a_mail_is_answered_on_a_phone_without_script_and_without_sign_in(
    visitor, planned, mailoutbox
):
    mail_week(
        person_id=planned.tess.pk,
        projects=[planned.harbour.pk],
        site="http://pmo",
        today=clock.today(),
    )
    found = re.search(r"http://pmo(/week/\S+)", mailoutbox[-1].body)
    assert found
    window = visitor(viewport=PHONE, java_script_enabled=False)
    page = window.page

    page.goto(found[1])
    page.get_by_label("% done: Cure").fill("5")
    page.get_by_label("Left: Cure").fill("30d")
    page.get_by_role("button", name="Send all").click()

    expect(page.get_by_text("Thank you: one update is sent.")).to_be_visible()
    row = TaskUpdate.objects.latest("pk")
    assert (row.task_name, row.percent, row.remaining_minutes, row.door) == (
        "Cure",
        5,
        14_400,
        "link",
    )


def test_the_form_behind_a_link_is_accessible_on_a_phone(browser, site, planned, mailoutbox):
    mail_week(
        person_id=planned.tess.pk,
        projects=[planned.harbour.pk],
        site="http://pmo",
        today=clock.today(),
    )
    found = re.search(r"http://pmo(/week/\S+)", mailoutbox[-1].body)
    assert found
    context = browser.new_context(base_url=site, viewport=PHONE)
    context.add_init_script(path=AXE)
    page = context.new_page()

    page.goto(found[1])

    judge(page)
    context.close()
