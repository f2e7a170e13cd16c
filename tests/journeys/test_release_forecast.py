# SPDX-License-Identifier: Apache-2.0
"""The forecast of a release is looked at on a phone, and put into the plan."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import expect

from browsing import PHONE, axe_faults
from pilothouse.delivery.agile.services import forecast_of_release
from pilothouse.delivery.agile.tests.team import gather, lay_plan
from pilothouse.delivery.planning.models import Task
from pilothouse.foundation.core import clock


def test_a_forecast_is_looked_at_and_put_into_the_plan(axe_windows, port):
    lay_plan(port.harbour)
    team = gather(port)
    team.run(10, 10, 10)
    release = team.release(milestone_uid=2)
    team.write("A (10)\nB (10)", release=release)
    window = axe_windows()
    window.page.set_viewport_size(PHONE)
    page = window.sign_in("piet@example.org")

    page.goto(f"/agile/releases/{release.pk}/")

    due = forecast_of_release(release, clock.today()).day
    expect(page.get_by_text("2 tasks move")).to_be_visible()
    assert axe_faults(page) == []
    page.get_by_role("button", name="Put the forecast into the plan").click()
    expect(page.get_by_text("The plan is edited: 2 tasks moved.")).to_be_visible()
    expect(page.get_by_role("button", name="Put the forecast")).to_have_count(0)
    assert timedelta(0) <= Task.objects.get(uid=2).finish.date() - due <= timedelta(days=3)
