# SPDX-License-Identifier: Apache-2.0
"""The pages of the ledger: a file from sending to rollback, suspense, corrections, the month."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from pilothouse.delivery.finance.models import (
    Actual,
    CodeRule,
    FiscalPeriod,
    LedgerBatch,
    LedgerCorrection,
    LedgerMapping,
    LedgerUpload,
    Reconciliation,
)
from pilothouse.delivery.finance.tests.ledgers import PLAIN, keep_rules, post, row
from pilothouse.foundation.core.tables import write_csv, write_xlsx

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def office(cast):
    keep_rules(cast)
    return cast.office


def by(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def femi(cast):
    return by(cast.femi)


def shown(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[-2000:]
    return answer.content.decode()


def file_of(rows):
    data = write_csv([list(one.values()) for one in rows], list(rows[0]))
    return {"file": SimpleUploadedFile("march.csv", data)}


def test_a_file_is_sent_tried_posted_and_taken_back(cast, femi):
    desk = reverse("finance:ledger-batches", args=[cast.office.pk])
    assert "Nothing of the ledger is here yet" in shown(femi.get(desk))

    rows = [row(1, "1250.50"), row(2, "7.00", project_code="X9")]
    sending = reverse("finance:ledger-send", args=[cast.office.pk])
    assert "Choose the file." in shown(femi.post(sending), 422)
    place = femi.post(sending, file_of(rows))["Location"]
    upload = LedgerUpload.objects.get()
    page = shown(femi.get(place))
    assert "Which column is which" in page
    form = {f"column-{name}": name for name in PLAIN} | {
        "column-document_no": "document_no",
        "column-amount": "amount",
        "decimal_mark": ".",
        "date_form": "iso",
        "keep_as": "SAP",
        "version": upload.version,
    }
    page = shown(femi.post(place, form))
    assert "1,250.50" in page
    assert "No project has the code X9." in page
    assert Actual.objects.count() == 0
    upload.refresh_from_db()
    commit = reverse("finance:ledger-commit", args=[upload.pk])
    done = femi.post(commit, {"version": upload.version, "total": "", "total_currency": ""})
    page = shown(femi.get(done["Location"]))
    assert "With suspense" in page
    batch = LedgerBatch.objects.get()
    back = reverse("finance:ledger-roll-back", args=[batch.pk])
    assert "Needed." in shown(femi.post(back, {"version": batch.version, "reason": ""}), 422)
    assert femi.post(back, {"version": batch.version, "reason": "Wrong"}).status_code == 302
    assert set(Actual.objects.values_list("state", flat=True)) == {"rolled_back"}


def test_a_wrong_row_is_told_on_the_page_and_bars_the_commit(cast, femi):
    sending = reverse("finance:ledger-send", args=[cast.office.pk])
    femi.post(sending, file_of([row(1, "1,5")]))
    upload = LedgerUpload.objects.get()
    form = {f"column-{name}": name for name in row(1, "1")} | {"version": 1}

    page = shown(
        femi.post(
            reverse("finance:ledger-file", args=[upload.pk]),
            form | {"decimal_mark": ".", "date_form": "iso"},
        )
    )

    assert "‘1,5’ is no amount with a decimal point." in page
    assert "Post the rows" not in page
    commit = reverse("finance:ledger-commit", args=[upload.pk])
    upload.refresh_from_db()
    shown(femi.post(commit, {"version": upload.version}), 422)
    assert not LedgerBatch.objects.exists()


def test_columns_that_are_missing_are_told_at_their_fields(cast, femi):
    femi.post(reverse("finance:ledger-send", args=[cast.office.pk]), file_of([row(1, "1")]))
    upload = LedgerUpload.objects.get()

    page = shown(
        femi.post(
            reverse("finance:ledger-file", args=[upload.pk]),
            {"version": 1, "decimal_mark": ".", "date_form": "iso"},
        ),
        422,
    )

    assert "columns are not told rightly" in page
    discard = reverse("finance:ledger-discard", args=[upload.pk])
    assert femi.post(discard, {"version": 1}).status_code == 302
    assert "done with" in shown(femi.get(reverse("finance:ledger-file", args=[upload.pk])))


def test_suspense_is_mapped_and_held_rows_are_released(cast, femi):
    FiscalPeriod.objects.filter(name="2026-01").update(state="closed")
    post(cast, [row(1, "10", project_code="X9"), row(2, "20", posting_date="2026-01-02")])
    waiting = reverse("finance:ledger-waiting", args=[cast.office.pk])
    page = shown(femi.get(waiting))
    assert "No project has the code X9." in page
    assert "Period 2026-01 is closed." in page

    lone = Actual.objects.get(document_no="1")
    assert f"?row={lone.pk}" in shown(femi.get(reverse("finance:ledger-row", args=[lone.pk])))
    mapping = reverse("finance:ledger-map", args=[cast.office.pk]) + "?code=X9"
    shown(femi.get(mapping))
    wrong = shown(femi.post(mapping, {"project_code": "SECRET"}), 422)
    assert "There is no such project" in wrong
    assert femi.post(mapping, {"project_code": "harb", "keep": "on"}).status_code == 302
    assert CodeRule.objects.filter(code="X9", project=cast.harbour).exists()
    release = reverse("finance:ledger-release", args=[cast.office.pk]) + "?code=HARB"
    shown(femi.get(release))
    march = FiscalPeriod.objects.get(name="2026-03").pk
    assert femi.post(release, {"period": march, "reason": "Late"}).status_code == 302
    page = shown(femi.get(waiting))
    assert "No row stands in suspense." in page
    assert "No row is held." in page


def test_the_ledger_of_a_project_shows_sums_and_their_rows(cast, django_assert_num_queries):
    post(cast, [row(1, "10", wbs_code="1.1"), row(2, "20", account="7000", text="Pumps")])
    place = reverse("finance:ledger-project", args=[cast.harbour.pk])
    piet = by(cast.piet)
    shown(piet.get(place))

    with django_assert_num_queries(10):
        page = shown(piet.get(place))
    assert "30.00" in page
    assert "Pumps" in page
    narrowed = shown(piet.get(place + "?by=category&category=hardware"))
    assert "SAP" in narrowed
    assert "1/1" not in narrowed
    assert "No row is like that." in shown(piet.get(place + "?account=99*"))
    for by_what in ("nature", "wbs"):
        shown(piet.get(place + f"?by={by_what}"))


def test_a_row_is_corrected_by_two_people(cast, femi):
    post(cast, [row(1, "10")])
    only = Actual.objects.get()
    shown(femi.get(reverse("finance:ledger-row", args=[only.pk])))
    form = {"posting_date": "2026-03-20", "project_code": "", "reason": "Twice"}
    place = reverse("finance:correct", args=[only.pk])
    shown(femi.get(place))
    assert femi.post(place, form).status_code == 302
    found = LedgerCorrection.objects.get()
    listed = reverse("finance:corrections", args=[cast.office.pk])
    assert "Approve" not in shown(femi.get(listed))

    approve = reverse("finance:correction-approve", args=[found.pk])
    shown(femi.post(approve, {"version": 1}), 403)
    assert by(cast.sam).post(approve, {"version": 1}).status_code == 302
    assert Actual.objects.count() == 2
    reject = reverse("finance:correction-reject", args=[found.pk])
    shown(femi.post(reject, {"version": 2, "reason": "No"}), 422)


def test_a_month_is_compared_explained_and_signed_off(cast, femi):
    post(cast, [row(1, "10")])
    listed = reverse("finance:reconciliations", args=[cast.office.pk])
    assert "No period was compared yet" in shown(femi.get(listed))
    new = reverse("finance:reconciliation-new", args=[cast.office.pk])
    shown(femi.get(new))
    march = FiscalPeriod.objects.get(name="2026-03").pk
    text = "Project\tCurrency\tAmount\nHARB\tEUR\t12.50\nGONE;EUR;0\n"
    place = femi.post(new, {"period": march, "source": "SAP", "extract": text})["Location"]
    found = Reconciliation.objects.get()
    line = found.lines.get(project_code="HARB")
    assert (line.theirs, line.ours) == (Decimal("12.50"), 10)

    assert "2.50" in shown(femi.get(place))
    refused = femi.post(place, {"version": found.version, "step": "sign", f"line-{line.pk}": ""})
    assert "neither 0 nor explained" in shown(refused, 422)
    form = {"version": found.version, "step": "sign", f"line-{line.pk}": "Comes in April"}
    assert femi.post(place, form).status_code == 302
    assert "Signed off" in shown(femi.get(place))
    void = reverse("finance:reconciliation-void", args=[found.pk])
    found.refresh_from_db()
    assert femi.post(void, {"version": found.version, "reason": "Newer"}).status_code == 302
    assert "Void" in shown(femi.get(listed))


def compared(femi, cast, data, name="extract.csv", **typed):
    place = reverse("finance:reconciliation-new", args=[cast.office.pk])
    period = FiscalPeriod.objects.get(office=cast.office, name="2026-03")
    form = {"period": period.pk, "source": "SAP", "file": SimpleUploadedFile(name, data)}
    return femi.post(place, form | typed)


def test_a_period_is_held_against_a_table_of_totals(cast, femi):
    post(cast, [row(1, "1250.50"), row(2, "7.00")])
    data = "Project;Currency;Amount\nHARB;EUR;1.250,50\n".encode("utf-8-sig")

    answer = compared(femi, cast, data, decimal_mark=",")

    assert answer.status_code == 302, shown(answer, 422)
    line = Reconciliation.objects.get().lines.get()
    assert (line.project_code, line.theirs, line.ours) == ("HARB", Decimal("1250.50"), 1257.5)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_period_is_held_against_a_file_of_the_ledger_by_its_remembered_columns(cast, femi, kind):
    post(cast, [row(1, "1250.50"), row(2, "7.00")])
    LedgerMapping.objects.create(
        office=cast.office,
        name="SAP",
        columns={
            "document_no": "Beleg",
            "posting_date": "Datum",
            "project_code": "Projekt",
            "amount": "Betrag",
            "currency": "Whg",
        },
        decimal_mark=",",
        date_form="day_first",
    )
    head = ["Beleg", "Datum", "Projekt", "Betrag", "Whg"]
    rows = [
        ["1", "16.03.2026", "HARB", "1.250,50", "EUR"],
        ["2", "17.03.2026", "HARB", "7,00", "EUR"],
        ["3", "01.04.2026", "HARB", "99,00", "EUR"],
        ["Total", "", "", "1.356,50", "EUR"],
    ]
    data = (write_csv if kind == "csv" else write_xlsx)(rows, head)

    answer = compared(femi, cast, data, f"extract.{kind}")

    assert answer.status_code == 302, shown(answer, 422)
    line = Reconciliation.objects.get().lines.get()
    assert line.theirs == line.ours == Decimal("1257.50")
    assert "left out: 1." in shown(femi.get(answer["Location"]))


@pytest.mark.parametrize(
    ("data", "typed", "words"),
    [
        (b"Code;Sum\nHARB;5\n", {}, "no column that is known as project code"),
        (b"Project;Currency;Amount\nHARB;EUR;1,5,0\n", {}, "is no amount"),
        (
            b"Project;Currency;Amount;Date\nHARB;EUR;1;31/31/2026\n",
            {},
            "is no date written as",
        ),
        (b"Project;Currency;Amount\nHARB;EUR;1\n", {"extract": "HARB;EUR;1"}, "not both"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_to_do(cast, femi, data, typed, words):
    assert words in shown(compared(femi, cast, data, **typed), 422)
    assert not Reconciliation.objects.exists()
