# SPDX-License-Identifier: Apache-2.0
"""What one project promises to another: agreed by both, told when it slips, driven or only watched."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from playwright.sync_api import expect

from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.dependencies.tests.bonds import World, build
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import jobs
from pilothouse.foundation.core.models import Job
from schedule_screen import Screen


@pytest.fixture
def world(port) -> World:
    """Piet's quay and Dora's dredging, each project with its manager."""
    made = build(port)
    Project.objects.filter(pk=made.quay.pk).update(pm=made.piet)
    Project.objects.filter(pk=made.dredge.pk).update(pm=made.dora)
    return made


def work() -> list[str]:
    """Do what was ordered for dependencies, also what waits for a quieter moment."""
    done = []
    while (
        job := Job.objects.filter(name__regex=r"^(dependencies|notifications)\.")
        .order_by("pk")
        .first()
    ):
        name, work_of_it = job.name, jobs.Work(job.pk, job.payload)
        job.delete()
        jobs.schedule().handlers[name](work_of_it)
        done.append(name)
    return done


def letters() -> dict[str, str]:
    """What went out since this was asked last: to whom, and the subject."""
    found = {letter.to[0]: letter.subject for letter in mail.outbox}
    mail.outbox.clear()
    return found


def test_a_promise_between_projects_is_agreed_slips_and_drives(visitor, port, world):
    piet = visitor().sign_in("piet@example.org")
    dora = visitor().sign_in("dora@example.org")
    piet.goto(f"/plans/{world.quay.pk}/dependencies/")
    piet.get_by_role("link", name="Propose a dependency").first.click()
    piet.get_by_label("Who delivers").select_option("HARB gives")
    piet.get_by_label("The other project").select_option(str(world.dredge.pk))
    piet.get_by_role("button", name="Go on").click()
    piet.get_by_label("What is delivered").fill("Piles up to berth four")
    piet.get_by_label("Task of HARB that makes it").select_option("2")
    piet.get_by_label("Task of DREDGE that waits for it").select_option("2")
    piet.get_by_role("button", name="Propose").click()
    expect(piet.get_by_text("‘Piles up to berth four’ is proposed.")).to_be_visible()
    expect(piet.get_by_role("link", name="Agree")).to_have_count(0)
    row = PlanDependency.objects.get()
    work()
    assert set(letters()) == {"dora@example.org"}

    dora.goto(f"/dependencies/{row.pk}/")
    dora.get_by_role("link", name="Agree").click()
    dora.get_by_role("button", name="Agree").click()
    expect(dora.get_by_text("‘Piles up to berth four’ is agreed.")).to_be_visible()
    slack = dora.locator(".ph-dep-head .ph-dep-slack")
    expect(slack).to_contain_text("+6 d")
    expect(slack.get_by_role("img")).to_have_attribute("aria-label", re.compile("green", re.I))
    dora.get_by_role("link", name="Change", exact=True).click()
    dora.get_by_label("It starts no earlier than").select_option("promise")
    dora.get_by_role("button", name="Keep").click()
    work()

    screen = Screen(piet).open(world.quay.pk)
    screen.choose("Drive piles", "duration").type("25d")
    expect(screen.cell("Drive piles", "finish")).to_have_text("10 Apr 26")
    expect(screen.row("Drive piles").locator(".ph-s-bond-red")).to_be_visible()
    assert "dependencies.warn" in work()
    told = letters()
    assert {"piet@example.org", "dora@example.org"} <= set(told)
    assert "Piles up to berth four" in told["dora@example.org"]
    watched = Screen(dora).open(world.dredge.pk)
    expect(watched.cell("Dig", "start")).to_have_text("30 Mar 26")

    other = dora.context.new_page()
    other.goto(f"/dependencies/{row.pk}/")
    expect(other.locator(".ph-dep-head .ph-dep-slack")).to_contain_text("−9 d")
    other.get_by_role("link", name="Change", exact=True).click()
    other.get_by_label("It starts no earlier than").select_option("plan")
    other.get_by_role("button", name="Keep").click()
    expect(other.get_by_text("Kept; the plan is told within seconds.")).to_be_visible()
    work()
    expect(watched.cell("Dig", "start")).to_have_text("13 Apr 26")
    watched.choose("Dig")
    dora.get_by_role("button", name="Why are the dates as they are?").click()
    expect(dora.locator(".ph-plan-chain").first).to_contain_text("another project")
    other.close()

    ada = visitor().sign_in("ada@example.org")
    ada.goto("/timeline/")
    expect(ada.locator("svg .ph-d-link-red").first).to_be_attached()
    ada.get_by_text("Show as table").click()
    bond = ada.locator("tr", has=ada.get_by_role("link", name="Piles up to berth four"))
    expect(bond.get_by_role("cell")).to_have_text(
        ["HARB", "10 Apr 2026", "DREDGE", "30 Mar 2026", "−9"]
    )
