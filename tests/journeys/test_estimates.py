# SPDX-License-Identifier: Apache-2.0
"""A task is estimated by three points, accepted into the plan, and added up with others."""

from __future__ import annotations

from playwright.sync_api import expect

from browsing import axe_faults
from pilothouse.delivery.agile.tests.team import lay_plan
from pilothouse.delivery.planning.models import Task


def test_an_estimate_is_made_accepted_and_added_up_by_keyboard(axe_windows, port):
    lay_plan(port.harbour)
    window = axe_windows()
    page, keys = window.sign_in("piet@example.org"), window.page.keyboard
    page.goto(f"/plans/{port.harbour.pk}/estimates/")
    page.get_by_role("link", name="Build", exact=True).press("Enter")
    page.get_by_label("Method").select_option("Three points (PERT)")
    page.get_by_role("button", name="Go on").press("Enter")

    page.get_by_label("Least").fill("many")
    page.get_by_label("Likeliest").fill("22")
    page.get_by_label("Greatest").fill("40")
    page.get_by_label("Basis").fill("As the foreman says")
    with window.watch.refusal(422):
        page.get_by_role("button", name="Estimate").press("Enter")
        expect(page.get_by_text("‘many’ is no number")).to_be_visible()
    page.get_by_label("Least").fill("20")
    keys.press("Enter")
    expect(page.get_by_text("(20 + 4 × 22 + 40) / 6 = 24.6667")).to_be_visible()
    expect(page.get_by_text("3 tasks move")).to_be_visible()
    assert axe_faults(page) == []

    page.get_by_role("button", name="Accept").press("Enter")
    expect(page.get_by_text("in the plan: 3 tasks moved.")).to_be_visible()
    assert round(Task.objects.get(uid=1).duration_minutes / 480, 2) == 24.67
    page.goto(f"/plans/{port.harbour.pk}/estimates/?show=all")
    page.get_by_label("Tick Build").press("Space")
    page.get_by_role("button", name="Add up the ticked ones").press("Enter")
    expect(page.get_by_text("The ticked tasks, one after the other")).to_be_visible()
    expect(page.get_by_text("σ 3.33")).to_be_visible()
