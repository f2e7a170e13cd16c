# SPDX-License-Identifier: Apache-2.0
"""Corrections of actuals by two people, and the monthly comparison with the ledger."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from cast import appoint, make_project, person
from pilothouse.delivery.finance.ledger_rows import Form
from pilothouse.delivery.finance.models import Actual, CostTotal, FiscalPeriod, LedgerCorrection
from pilothouse.delivery.finance.queries.actuals import (
    RowFilter,
    actual_of,
    period_sums,
    rows_of_office,
    rows_of_project,
    sums_of_project,
    waiting_of,
)
from pilothouse.delivery.finance.queries.batches import compared, corrections_of
from pilothouse.delivery.finance.queries.opening import open_office, open_project
from pilothouse.delivery.finance.queries.streams import streams_of
from pilothouse.delivery.finance.services.corrections import (
    Rightly,
    approve_correction,
    propose_correction,
    reject_correction,
)
from pilothouse.delivery.finance.services.ledger_batches import roll_back
from pilothouse.delivery.finance.services.reconciliation import (
    explain_lines,
    reconcile,
    sign_off,
    void_reconciliation,
)
from pilothouse.delivery.finance.tests.ledgers import keep_rules, post, row
from pilothouse.delivery.projects.rules import portfolio_scopes
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed, NotFound
from pilothouse.foundation.organisation.queries import unit_scopes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def office(cast):
    keep_rules(cast)
    make_project(cast.portfolio, "PIER", "Pier", state="executing")
    return cast.office


@pytest.fixture
def fay(cast):
    user = person("Fay Example")
    scopes = unit_scopes(cast.office)
    appoint(user, Role.FIN, ("org_unit", cast.office.pk), cast.office.pk, scopes)
    return user


@pytest.fixture
def fred(cast):
    user = person("Fred Example")
    scopes = unit_scopes(cast.office)
    appoint(user, Role.FIN, ("org_unit", cast.office.pk), cast.office.pk, scopes)
    return user


def proposed(cast, who, project="PIER"):
    rightly = Rightly(date(2026, 4, 2), project, "7000" if project else "", "3.1")
    return propose_correction(
        actor=who.actor(),
        actual=Actual.objects.get(document_no="1"),
        rightly=rightly,
        reason="Pier",
    )


def totals():
    rows = CostTotal.objects.values_list("project__code", "period__name", "category", "actual")
    return sorted(rows)


def test_a_row_is_turned_back_and_stands_rightly(cast, fay, fred):
    post(cast, [row(1, "10")])
    correction = proposed(cast, fay)

    approve_correction(actor=fred.actor(), correction=correction, version=1)

    assert totals() == [
        ("HARB", "2026-03", "services", Decimal(10)),
        ("HARB", "2026-04", "services", Decimal(-10)),
        ("PIER", "2026-04", "hardware", Decimal(10)),
    ]
    correction.refresh_from_db()
    assert (correction.state, correction.decided_by) == ("approved", fred)
    assert Actual.objects.get(project__code="PIER").wbs == "3.1"
    with pytest.raises(Invalid) as caught:
        proposed(cast, fay)
    assert caught.value.code == "finance.not_corrected"


def test_neither_who_imported_nor_who_proposed_approves(cast, fay, fred):
    """R-GEN-08."""
    post(cast, [row(1, "10")])
    correction = proposed(cast, fay, "")

    for user in (cast.femi, fay, cast.piet, cast.ada, cast.sam):
        with pytest.raises(NotAllowed):
            approve_correction(actor=user.actor(), correction=correction, version=1)

    assert (LedgerCorrection.objects.get().state, Actual.objects.count()) == ("proposed", 1)


def test_who_keyed_a_row_by_a_correction_does_not_approve_the_next_one(cast, fay, fred):
    """R-GEN-08: the batch of a correction is of its approver, its rows are of its proposer."""
    post(cast, [row(1, "10")])
    approve_correction(actor=fred.actor(), correction=proposed(cast, fay), version=1)
    following = propose_correction(
        actor=cast.femi.actor(),
        actual=Actual.objects.get(project__code="PIER"),
        rightly=Rightly(date(2026, 4, 3)),
        reason="Neither",
    )

    for user in (fay, fred, cast.femi):
        with pytest.raises(NotAllowed):
            approve_correction(actor=user.actor(), correction=following, version=1)

    following.refresh_from_db()
    assert following.state == "proposed"


def test_where_nobody_of_finance_is_left_it_is_decided_one_level_up(cast):
    post(cast, [row(1, "10")])
    correction = proposed(cast, cast.femi, "")
    with pytest.raises(NotAllowed):
        approve_correction(actor=cast.femi.actor(), correction=correction, version=1)
    pfm = person("Paula Example")
    scopes = portfolio_scopes(cast.portfolio)
    appoint(pfm, Role.PFM, ("portfolio", cast.portfolio.pk), cast.office.pk, scopes)
    with pytest.raises(NotAllowed):
        approve_correction(actor=cast.sam.actor(), correction=correction, version=1)

    approve_correction(actor=pfm.actor(), correction=correction, version=1)

    assert sum(total[-1] for total in totals()) == 0


def test_the_sponsor_decides_where_there_is_no_portfolio_manager(cast):
    post(cast, [row(1, "10")])

    approve_correction(actor=cast.sam.actor(), correction=proposed(cast, cast.femi, ""), version=1)

    assert LedgerCorrection.objects.get().decided_by == cast.sam


def test_a_correction_whose_rows_would_wait_is_refused(cast, fay, fred):
    post(cast, [row(1, "10")])
    correction = proposed(cast, fay, "NOWHERE")

    with pytest.raises(Invalid) as caught:
        approve_correction(actor=fred.actor(), correction=correction, version=1)

    assert caught.value.code == "finance.correction_waits"
    assert Actual.objects.count() == 1
    with pytest.raises(Conflict):
        reject_correction(actor=fred.actor(), correction=correction, version=7, reason="No")
    reject_correction(actor=fred.actor(), correction=correction, version=1, reason="No such code")
    assert LedgerCorrection.objects.get().decision_reason == "No such code"


def test_a_row_waits_for_one_correction_at_a_time_and_its_batch_stays(cast, fay):
    batch = post(cast, [row(1, "10")]).batch
    proposed(cast, fay)

    with pytest.raises(Invalid):
        proposed(cast, fay)
    with pytest.raises(Invalid) as caught:
        roll_back(actor=cast.femi.actor(), batch=batch, version=None, reason="Wrong")

    assert caught.value.code == "finance.batch_corrected"


def compare(cast, extract, who="femi"):
    return reconcile(
        actor=cast.people[who].actor(),
        office=cast.office,
        period=FiscalPeriod.objects.get(name="2026-03"),
        source="SAP, 3 April",
        extract=extract,
        form=Form(),
    )


def told(row_):
    return [
        (one.line.project_code, one.line.theirs, one.now, one.waiting, one.difference)
        for one in compared(row_)
    ]


def test_a_period_that_agrees_is_signed_off(cast):
    post(cast, [row(1, "10"), row(2, "20", project_code="4711"), row(3, "5", project_code="PIER")])

    found = compare(cast, [("HARB", "EUR", "10.00"), ("4711", "eur", "20"), ("PIER", "EUR", "5")])

    assert told(found) == [("HARB", 30, 30, 0, 0), ("PIER", 5, 5, 0, 0)]
    sign_off(actor=cast.femi.actor(), row=found, version=found.version)
    found.refresh_from_db()
    assert (found.state, found.signed_by) == ("signed", cast.femi)


def test_a_difference_is_explained_before_it_is_signed_off(cast):
    post(cast, [row(1, "10"), row(2, "7", account="9999")])
    found = compare(cast, [("HARB", "EUR", "17"), ("GONE", "EUR", "1")])
    assert told(found) == [("GONE", 1, 0, 0, 1), ("HARB", 17, 10, 7, 7)]

    with pytest.raises(Invalid) as caught:
        sign_off(actor=cast.femi.actor(), row=found, version=None)
    assert len(caught.value.fields) == 2
    texts = {line.pk: "In suspense, account 9999" for line in found.lines.all()}
    explain_lines(actor=cast.femi.actor(), row=found, version=found.version, texts=texts)
    sign_off(actor=cast.femi.actor(), row=found, version=None)

    found.refresh_from_db()
    assert found.state == "signed"


def test_a_project_that_came_after_the_extract_bars_the_signature(cast):
    found = compare(cast, [("HARB", "EUR", "0")])
    post(cast, [row(1, "5", project_code="PIER")])

    with pytest.raises(Invalid) as caught:
        sign_off(actor=cast.femi.actor(), row=found, version=None)

    assert caught.value.fields == {"PIER EUR": "Came after the extract."}
    void_reconciliation(actor=cast.femi.actor(), row=found, version=None, reason="Newer extract")
    assert told(compare(cast, [("PIER", "EUR", "5")])) == [("PIER", 5, 5, 0, 0)]


def test_an_extract_that_cannot_be_read_is_refused_line_by_line(cast):
    with pytest.raises(Invalid) as caught:
        compare(cast, [("HARB", "EUR", "1,5"), ("HARB", "XXQ", "1"), ("HARB", "EUR", "1")])

    assert set(caught.value.fields) == {"line 1", "line 2"}
    with pytest.raises(Invalid):
        compare(cast, [])


def test_only_finance_reconciles(cast):
    for who in ("ada", "piet", "otto"):
        with pytest.raises(NotAllowed):
            compare(cast, [("HARB", "EUR", "1")], who)


def test_sums_of_a_project_by_period_category_nature_and_work(cast, django_assert_num_queries):
    rows = [
        row(1, "10", wbs_code="1.1"),
        row(2, "20", account="7000", wbs_code="1.2"),
        row(3, "30", posting_date="2026-04-01", wbs_code="1.1"),
        row(4, "40", project_code="PIER"),
        row(5, "50", account="9999"),
    ]
    post(cast, rows)
    opened = open_project(cast.piet.actor(), cast.harbour.pk, "actual")

    def by(name):
        return {one.key: (one.actual, one.rows) for one in sums_of_project(opened, name)}

    assert by("period") == {"2026-03": (30, 2), "2026-04": (30, 1)}
    assert by("category") == {"services": (40, 2), "hardware": (20, 1)}
    assert by("nature") == {"opex": (40, 2), "capex": (20, 1)}
    assert by("wbs") == {"1.1": (40, 2), "1.2": (20, 1)}
    assert [(p.name, n) for p, _, _, n in period_sums(opened)] == [("2026-03", 2), ("2026-04", 1)]
    pier = Actual.objects.get(document_no="4").project_id
    with django_assert_num_queries(2):
        sums = streams_of([cast.harbour.pk, pier], ("project",))
    assert {key.project: (one.actual, one.constant) for key, one in sums.items()} == {
        cast.harbour.pk: (60, 60),
        pier: (40, 40),
    }

    def found(**told):
        return [one.document_no for one in rows_of_project(opened, RowFilter(**told))]

    assert found() == ["1", "2", "5", "3"]
    assert found(state="mapped", wbs="1.1") == ["1", "3"]
    assert found(account="6*") == ["1", "3"]
    with django_assert_num_queries(1):
        assert found(category="hardware") == ["2"]


@pytest.mark.parametrize(
    ("who", "raised"), [("tess", NotFound), ("otto", NotFound), ("nia", NotFound)]
)
def test_rows_are_seen_with_the_right_to_actuals_alone(cast, who, raised):
    post(cast, [row(1, "10", project_code="NOWHERE")])
    row_ = Actual.objects.get()

    for user in (cast.femi, cast.ada):
        assert actual_of(user.actor(), row_.pk) == row_
    with pytest.raises(raised):
        actual_of(cast.people[who].actor(), row_.pk)


def test_office_pages_of_the_ledger_leave_out_a_confidential_project(cast, fay, fred):
    """R-GEN-10: finance of the office has no role on the project itself."""
    rows = [
        row(1, "10"),
        row(2, "5", project_code="PIER"),
        row(3, "7", account="9999"),
        row(4, "8", project_code="NOWHERE"),
    ]
    post(cast, rows)
    correction = proposed(cast, fay, "")
    found = compare(cast, [("HARB", "EUR", "11"), ("PIER", "EUR", "5"), ("GONE", "EUR", "0")])
    cast.harbour.classification = "confidential"
    cast.harbour.save(update_fields=["classification"])
    opened = open_office(fred.actor(), cast.office.pk, "actual")

    assert [one.document_no for one in rows_of_office(opened, RowFilter())] == ["2", "4"]
    assert [group[1] for group in waiting_of(opened, "suspense")] == ["NOWHERE"]
    assert list(corrections_of(opened)) == []
    for number, seen in (("1", False), ("2", True), ("4", True)):
        pk = Actual.objects.get(document_no=number).pk
        if seen:
            assert actual_of(fred.actor(), pk).pk == pk
        else:
            with pytest.raises(NotFound):
                actual_of(fred.actor(), pk)
    lines = [(one.code, one.line.theirs, one.now) for one in compared(found, opened)]
    assert lines == [("GONE", 0, 0), ("PIER", 5, 5), ("", 11, 10)]
    with pytest.raises(NotAllowed):
        approve_correction(actor=fred.actor(), correction=correction, version=1)
