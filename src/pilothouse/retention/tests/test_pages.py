# SPDX-License-Identifier: Apache-2.0
"""The page of an office, its forms in two steps, and the command."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from cast import appoint, make_project, person
from pilothouse.faces.cli import main as cli
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.jobs import Work
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.core.trail.sealing import seal_events
from pilothouse.foundation.organisation.queries import unit_scopes
from pilothouse.retention import tasks
from pilothouse.retention.kinds import first_kept
from pilothouse.retention.models import Kind, LegalHold, RetentionRule
from pilothouse.retention.tests.nights import apply_rules


@pytest.fixture
def ada(client, cast):
    client.force_login(cast.ada)
    return client


@pytest.fixture
def old(cast, told):
    """Three events of long ago, of which one is of Harbour."""
    day = timezone.localdate() - timedelta(days=1500)
    keys = [told(row, day) for row in (cast.harbour, cast.unit, cast.office)]
    seal_events()
    return keys


def text(response):
    return response.content.decode()


def test_without_rules_the_page_says_that_everything_is_kept(ada, cast):
    page = text(ada.get(f"/office/settings/retention/{cast.office.pk}/"))

    assert "No rule is set, so everything is kept for ever." in page
    assert "Nothing is held." in page
    assert "Nothing was removed yet." in page
    assert f'href="/office/settings/retention/{cast.office.pk}/"' in text(
        ada.get("/office/settings/")
    )


def test_the_page_says_what_goes_next_and_what_is_held(ada, cast, old, rule, hold):
    hold("project", cast.harbour)
    rule(24)

    page = text(ada.get(f"/office/settings/retention/{cast.office.pk}/"))

    first = first_kept(timezone.localdate(), 24)
    assert f"2 events before {first.day} {first:%b} {first.year}, 1 under hold" in page
    assert "Project: HARB Harbour" in page
    assert "The court asked" in page
    assert "2 years" in page


def test_a_rule_is_seen_before_it_is_set(ada, cast, old):
    address = f"/office/settings/retention/{cast.office.pk}/rules/trail/"
    sent = {"keep_months": "24", "reason": "Agreed", "version": "1"}

    seen = ada.post(address, sent)
    assert seen.status_code == 200
    assert "3 events before" in text(seen)
    assert "What is removed does not come back." in text(seen)
    assert not RetentionRule.objects.exists()

    # Another term than the one that was seen is shown before it is set.
    other = ada.post(address, {**sent, "keep_months": "36", "seen": "24", "step": "set"})
    assert other.status_code == 200
    assert not RetentionRule.objects.exists()

    done = ada.post(address, {**sent, "seen": "24", "step": "set"})
    assert (done.status_code, done["Location"]) == (
        302,
        f"/office/settings/retention/{cast.office.pk}/",
    )
    assert RetentionRule.objects.get().keep_months == 24
    assert len(old) == AuditEvent.objects.filter(pk__in=old).count()


def test_lifting_a_rule_is_seen_and_set_in_the_same_way(ada, cast, rule):
    row = rule(24)
    address = f"/office/settings/retention/{cast.office.pk}/rules/trail/"
    sent = {"keep_months": "", "reason": "Kept after all", "version": str(row.version)}

    assert "Everything that is still there is kept for ever" in text(ada.post(address, sent))
    assert ada.post(address, {**sent, "seen": "", "step": "set"}).status_code == 302
    assert RetentionRule.objects.get().keep_months is None


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"keep_months": "11"}, "A whole number from 12 to 1200."),
        ({"keep_months": "two"}, "A whole number from 12 to 1200."),
        ({"keep_months": "24", "reason": ""}, "Needed."),
        ({"keep_months": "11", "reason": ""}, "2 entries need your attention"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_by_its_field(ada, cast, sent, said):
    answer = ada.post(
        f"/office/settings/retention/{cast.office.pk}/rules/trail/",
        {"reason": "Agreed", "version": "1", **sent},
    )

    assert answer.status_code == 422
    assert said in text(answer)
    assert "12 or more: an audit of the year past must find the year whole" in text(answer)


def test_a_rule_that_somebody_else_set_meanwhile_is_refused(ada, cast, rule):
    rule(36)

    answer = ada.post(
        f"/office/settings/retention/{cast.office.pk}/rules/trail/",
        {"keep_months": "24", "reason": "A", "version": "1", "seen": "24", "step": "set"},
    )

    assert answer.status_code == 409
    assert RetentionRule.objects.get().keep_months == 36


def test_a_hold_is_placed_and_released_on_the_page(ada, cast):
    place = f"/office/settings/retention/{cast.office.pk}/holds/new/"

    assert (
        ada.post(place, {"scope_id": f"project:{cast.foreign.pk}", "reason": "A"}).status_code
        == 422
    )
    assert (
        ada.post(place, {"scope_id": f"project:{cast.harbour.pk}", "reason": ""}).status_code == 422
    )
    sent = {"scope_id": f"project:{cast.harbour.pk}", "reason": "The court asked"}
    assert ada.post(place, sent).status_code == 302

    hold = LegalHold.objects.get()
    release = f"/office/settings/retention/holds/{hold.pk}/release/"
    assert "Release the legal hold of HARB Harbour" in text(ada.get(release))
    assert ada.post(release, {"reason": "Over", "version": "1"}).status_code == 302
    assert ada.get(release).status_code == 422
    assert "1 released hold" in text(ada.get(f"/office/settings/retention/{cast.office.pk}/"))


def test_the_auditor_sees_no_button_for_rules_and_one_for_holds(client, cast):
    audit = person("Aud Example")
    appoint(
        audit,
        Role.AUD,
        ("org_unit", cast.office.pk),
        cast.office.pk,
        unit_scopes(cast.office),
    )
    client.force_login(audit)

    page = text(client.get(f"/office/settings/retention/{cast.office.pk}/"))

    assert "/holds/new/" in page
    assert "/rules/" not in page
    assert (
        client.get(f"/office/settings/retention/{cast.office.pk}/rules/trail/").status_code == 403
    )


def test_before_there_is_an_organisation_an_administrator_is_told_so(client, db):
    root = person("Root Example")
    root.is_system_admin = True
    root.save()
    client.force_login(root)
    page = text(client.get("/office/settings/retention/"))

    assert "There is no organisation yet." in page
    assert "Your roles show" not in page


def test_an_administrator_without_a_role_reads_no_name_of_the_register(client, cast, hold):
    root = person("Root Example")
    root.is_system_admin = True
    root.save()
    hold("project", cast.harbour)
    client.force_login(root)

    assert "/office/settings/retention/" in text(client.get("/office/settings/"))
    index = text(client.get("/office/settings/retention/"))
    page = text(client.get(f"/office/settings/retention/{cast.office.pk}/"))
    form = text(client.get(f"/office/settings/retention/{cast.office.pk}/holds/new/"))

    assert f"/office/settings/retention/{cast.other_office.pk}/" in index
    assert "Project: not in your sight" in page
    assert "Harbour" not in page + form + index
    assert "Quayside" not in form


def test_the_page_needs_the_same_queries_whatever_there_is(
    ada, cast, told, rule, hold, django_assert_num_queries
):
    for kind in Kind:
        rule(24, kind)
    hold("project", cast.harbour)
    hold("portfolio", cast.portfolio)
    address = f"/office/settings/retention/{cast.office.pk}/"
    ada.get(address)
    queries = 30
    with django_assert_num_queries(queries):
        ada.get(address)
    day = timezone.localdate() - timedelta(days=1500)
    for number in range(12):
        told(make_project(cast.portfolio, f"P{number}", f"Shed {number}"), day)
        hold("project", make_project(cast.portfolio, f"H{number}", f"Held {number}"))
    apply_rules(today=timezone.localdate())
    ada.get(address)

    with django_assert_num_queries(queries):
        ada.get(address)


def test_the_command_tells_what_would_go_and_then_removes_it(cast, old, rule, hold, capsys):
    hold("project", cast.harbour)
    assert cli.main(["retention", "--dry-run"]) == 0
    assert "No office has a rule; everything is kept for ever." in capsys.readouterr().out
    rule(24)

    assert cli.main(["retention", "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "schema": "pilothouse.retention/1",
        "applied": False,
        "rows": [
            {
                "office": "PORT",
                "data": "trail",
                "keep_months": 24,
                "before": first_kept(timezone.localdate(), 24).isoformat(),
                "goes": 2,
                "held": 1,
            }
        ],
    }
    assert AuditEvent.objects.filter(pk__in=old).count() == 3
    cli.main(["retention", "--dry-run"])
    assert "Audit trail and history of changes  2 years" in capsys.readouterr().out

    assert cli.main(["retention", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == [
        {"office": "PORT", "data": "trail", "gone": 2}
    ]
    assert AuditEvent.objects.filter(pk__in=old).count() == 1
    cli.main(["retention"])
    assert "Nothing is older than the rules" in capsys.readouterr().out


def test_the_nightly_job_applies_the_rules(cast, old, rule):
    rule(24)

    assert (
        tasks.apply(Work(1, {})) == "3 rows of 1 offices are removed by their rules of retention."
    )
    assert not AuditEvent.objects.filter(pk__in=old).exists()


def test_the_api_tells_and_sets_the_same(ada, cast, old, hold):
    hold("project", cast.harbour)
    address = f"/api/v1/offices/{cast.office.pk}/retention-rules"

    rows = ada.get(address).json()["items"]
    assert [(row["data"], row["keep_months"], row["next"]) for row in rows] == [
        (kind.value, None, None) for kind in Kind
    ]
    seen = ada.get(f"{address}/trail?keep_months=24")
    first = first_kept(timezone.localdate(), 24).isoformat()
    assert seen.json()["next"] == {"before": first, "goes": 2, "held": 1}
    assert ada.get(f"{address}/trail?keep_months=11").status_code == 422
    assert ada.get(f"{address}/mail").status_code == 404

    done = ada.patch(
        f"{address}/trail",
        json.dumps({"keep_months": 24, "reason": "Agreed"}),
        content_type="application/json",
        headers={"If-Match": seen["ETag"]},
    )
    assert done.status_code == 200, done.content
    assert (done.json()["keep_months"], done.json()["next"]["goes"]) == (24, 2)
    assert RetentionRule.objects.get().keep_months == 24


def test_the_api_places_and_releases_holds(ada, cast):
    address = f"/api/v1/offices/{cast.office.pk}/legal-holds"
    sent = {"scope_type": "project", "scope_id": cast.harbour.pk, "reason": "The court asked"}

    made = ada.post(address, json.dumps(sent), content_type="application/json")
    assert made.status_code == 201, made.content
    assert (made.json()["label"], made.json()["placed_by"]["name"]) == (
        "HARB Harbour",
        "Ada Example",
    )
    done = ada.post(
        f"/api/v1/legal-holds/{made.json()['id']}/release",
        json.dumps({"reason": "Over"}),
        content_type="application/json",
        headers={"If-Match": made["ETag"]},
    )
    assert done.json()["release_reason"] == "Over"
    assert [row["released_by"]["name"] for row in ada.get(address).json()["items"]] == [
        "Ada Example"
    ]
