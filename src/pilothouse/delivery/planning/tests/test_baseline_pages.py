# SPDX-License-Identifier: Apache-2.0
"""The pages of baselines: the list, taking and deciding, two side by side, the file."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse

from pilothouse.delivery.planning import services
from pilothouse.delivery.planning.models import PlanBaseline
from pilothouse.delivery.planning.services import Asked
from pilothouse.delivery.planning.tests.files import QUAY, upload
from pilothouse.delivery.projects.services import update_project
from pilothouse.foundation.core import clock

LATER = QUAY.replace("PT40H0M0S</Duration>", "PT56H0M0S</Duration>")
"""Dredging takes two days more."""


def address(cast, page, *more):
    return reverse(f"planning:{page}", args=[cast.harbour.pk, *more])


def html(response):
    return response.content.decode()


@pytest.fixture
def plan(cast):
    """A plan whose file promises one task, the piles."""
    services.import_plan(
        actor=cast.piet.actor(), project=cast.harbour, source=upload(), file_name="quay.xml"
    )


@pytest.fixture
def waiting(cast, plan):
    return services.take_baseline(
        actor=cast.piet.actor(),
        project=cast.harbour,
        asked=Asked("replan", "After the <survey>", "Old piles", "CR-7"),
    )


@pytest.fixture
def as_(client, cast):
    def become(name):
        client.force_login(cast.people[name])
        return client

    return become


def test_the_list_tells_what_counts_and_how_far_the_plan_is_from_it(cast, plan, as_):
    page = html(as_("tess").get(address(cast, "baselines")))

    assert "Baseline 0" in page
    assert "as the file says" in page
    assert "original promise" in page
    # Four of the five rows are work or a milestone; the file promises the piles alone.
    assert "Unbaselined tasks" in page
    assert "Take a baseline" not in page


def test_without_a_plan_and_without_a_baseline_the_page_says_what_to_do(cast, as_):
    assert "There is no plan yet that could be promised." in html(
        as_("piet").get(address(cast, "baselines"))
    )
    services.begin_plan(actor=cast.piet.actor(), project=cast.harbour, start=clock.today())

    page = html(as_("piet").get(address(cast, "baselines")))

    assert "Nothing was promised yet." in page
    assert address(cast, "baseline-take") in page
    assert "The project manager may take one." in html(as_("tess").get(address(cast, "baselines")))


def test_a_register_that_says_another_date_is_named_with_the_way_out(cast, plan, as_):
    """The file promises the piles from 9 to 11 March; the register says 5 January to 27 November."""
    page = html(as_("tess").get(address(cast, "baselines")))

    assert (
        "The approved start of the register, 5 Jan 2026, is 45.0 working days earlier than the "
        "9 Mar 2026 that ‘0 · Baseline 0’ promises."
    ) in page
    assert (
        "The approved finish of the register, 27 Nov 2026, is 187.0 working days later than the "
        "11 Mar 2026 that ‘0 · Baseline 0’ promises."
    ) in page
    assert "have the baseline approved, and the register follows it" in page
    assert "Change the approved dates" not in page
    assert "Change the approved dates" in html(as_("sam").get(address(cast, "baselines")))


def test_a_register_that_follows_the_baseline_is_not_spoken_of_until_somebody_edits_it(
    cast, waiting, as_
):
    services.approve_baseline(actor=cast.sam.actor(), baseline=waiting, version=1)
    assert "of the register" not in html(as_("piet").get(address(cast, "baselines")))
    cast.harbour.refresh_from_db()
    update_project(
        actor=cast.sam.actor(),
        project=cast.harbour,
        values={"baseline_finish": cast.harbour.baseline_finish + timedelta(days=7)},
        version=None,
        reason="As the board wrote",
    )

    page = html(as_("piet").get(address(cast, "baselines")))

    assert "is 5.0 working days later than" in page
    assert "approved start of the register" not in page
    assert "set the approved date back" in page


def test_the_manager_takes_one_and_the_sponsor_approves_it_by_form(cast, plan, as_):
    form = as_("piet").get(address(cast, "baseline-take"))
    assert "Replan: what is left to do" in html(form)
    assert "First: the plan as it stands" not in html(form)

    sent = as_("piet").post(
        address(cast, "baseline-take"),
        {"kind": "rebaseline", "name": "Gate 3", "reason": "A new start", "reference": "CR-1"},
    )

    baseline = PlanBaseline.objects.get(name="Gate 3")
    assert sent["Location"] == address(cast, "baselines")
    assert "‘Gate 3’ waits for approval" in html(as_("sam").get(address(cast, "baselines")))
    page = html(as_("sam").get(address(cast, "baseline-approve", baseline.pk)))
    assert "Rebaseline, taken on" in page
    assert "the finish moves by" in page
    done = as_("sam").post(
        address(cast, "baseline-approve", baseline.pk),
        {"version": 1, "on": clock.today().isoformat(), "note": "Agreed"},
        follow=True,
    )
    assert "‘Gate 3’ counts from now on." in html(done)
    baseline.refresh_from_db()
    assert (baseline.state, baseline.number, baseline.decision_note) == ("approved", 1, "Agreed")


def test_a_refused_form_keeps_what_was_typed(cast, plan, as_):
    answer = as_("piet").post(
        address(cast, "baseline-take"), {"kind": "replan", "name": "Gate 3", "reason": ""}
    )

    assert answer.status_code == 422
    assert "Say why what was promised is replaced." in html(answer)
    assert 'value="Gate 3"' in html(answer)
    assert not PlanBaseline.objects.filter(name="Gate 3").exists()


def test_a_second_one_is_refused_with_the_way_out(cast, waiting, as_):
    page = html(as_("piet").get(address(cast, "baseline-take")))

    assert "waits for approval already" in page
    answer = as_("piet").post(
        address(cast, "baseline-take"),
        {"kind": "replan", "name": "Again", "reason": "x", "reference": "y"},
    )
    assert answer.status_code == 422


def test_rejecting_withdrawing_and_renaming_ask_and_tell(cast, waiting, as_):
    renamed = as_("piet").post(
        address(cast, "baseline-rename", waiting.pk), {"version": 1, "name": "Survey"}, follow=True
    )
    assert "It is called ‘Survey’ now." in html(renamed)
    refused = as_("sam").post(
        address(cast, "baseline-reject", waiting.pk), {"version": 2, "note": ""}
    )
    assert refused.status_code == 422
    rejected = as_("sam").post(
        address(cast, "baseline-reject", waiting.pk),
        {"version": 2, "note": "Too late"},
        follow=True,
    )
    assert "‘Survey’ is rejected." in html(rejected)
    assert "Too late" in html(rejected)
    again = services.take_baseline(
        actor=cast.piet.actor(), project=cast.harbour, asked=Asked("replan", "B", "r", "c")
    )
    withdrawn = as_("piet").post(
        address(cast, "baseline-withdraw", again.pk), {"version": 1}, follow=True
    )
    assert "‘B’ is withdrawn." in html(withdrawn)


def test_a_stale_decision_shows_the_form_again(cast, waiting, as_):
    services.rename_baseline(
        actor=cast.piet.actor(), baseline=waiting, name="Another name", version=1
    )

    answer = as_("sam").post(
        address(cast, "baseline-approve", waiting.pk),
        {"version": 1, "on": clock.today().isoformat()},
    )

    assert answer.status_code == 409
    waiting.refresh_from_db()
    assert waiting.state == "proposed"


def test_the_comparison_shows_both_sides_and_names_what_is_new(cast, plan, as_):
    page = html(as_("tess").get(address(cast, "baseline-compare")))

    assert "0 · Baseline 0" in page
    assert "The plan now" in page
    assert "Quay ready" in page
    assert "Unbaselined" in page


def test_a_filter_without_a_line_leads_back_to_all(cast, plan, as_):
    page = html(as_("tess").get(address(cast, "baseline-compare") + "?only=gone"))

    assert "No task of this kind in the comparison." in page


def test_names_are_shown_as_text(cast, waiting, as_):
    for page in ("baselines", "baseline-compare"):
        shown = html(as_("sam").get(address(cast, page) + f"?right={waiting.pk}"))
        assert "After the &lt;survey&gt;" in shown
        assert "<survey>" not in shown


def test_the_file_holds_what_the_page_shows(cast, plan, as_):
    services.import_plan(
        actor=cast.piet.actor(), project=cast.harbour, source=upload(LATER), file_name="quay.xml"
    )

    answer = as_("piet").get(address(cast, "baseline-file") + "?only=late")

    assert answer["Content-Disposition"] == ('attachment; filename="HARB-baseline-0-to-plan.csv"')
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["Task"], row["Kind"], row["Finish variance (days)"]) for row in rows] == [
        ("Drive piles", "late", "3.0")
    ]
    assert "Cost variance" in rows[0]


def test_an_unknown_baseline_is_not_found_and_a_foreign_one_neither(cast, waiting, as_):
    for page in ("baseline-approve", "baseline-reject", "baseline-withdraw", "baseline-rename"):
        assert as_("sam").get(address(cast, page, waiting.pk + 999)).status_code == 404
        foreign = reverse(f"planning:{page}", args=[cast.foreign.pk, waiting.pk])
        assert as_("nia").get(foreign).status_code in (403, 404)
    assert as_("sam").get(address(cast, "baseline-compare") + "?left=x").status_code == 404


def test_the_reasons_of_a_task_tell_what_each_baseline_promised_for_it(cast, plan, as_):
    page = html(as_("tess").get(address(cast, "explain", 3)))

    assert "Baseline 0" in page
    assert 'finish <span class="ph-down">+1.0 d</span>' in page


def test_the_plan_leads_to_its_baselines(cast, plan, as_):
    assert address(cast, "baselines") in html(as_("tess").get(address(cast, "plan")))
