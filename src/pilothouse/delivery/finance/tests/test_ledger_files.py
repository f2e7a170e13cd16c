# SPDX-License-Identifier: Apache-2.0
"""Files of the ledger: read, mapped once, tried, committed, given up."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pilothouse.delivery.finance.ledger_files import guessed, open_file
from pilothouse.delivery.finance.ledger_rows import Form
from pilothouse.delivery.finance.models import Actual, LedgerBatch, LedgerMapping, LedgerUpload
from pilothouse.delivery.finance.services.ledger_uploads import (
    commit_upload,
    discard_upload,
    receive_file,
    tell_columns,
    try_upload,
)
from pilothouse.delivery.finance.tests.ledgers import keep_rules
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.tables import write_csv, write_xlsx

pytestmark = pytest.mark.django_db
HEAD = (
    *("Source", "Document", "Line", "Date", "G/L Account", "Project", "Value", "Curr"),
    *("Description", "Vendor"),
)
LINES = [
    ("SAP", "1", "1", "2026-03-16", "6100", "HARB", "1250.50", "EUR", "=cmd()", "Dredgers"),
    ("SAP", "2", "1", "2026-03-17", "6100", "NOWHERE", "100", "EUR", "Pumps", "Pumps & Co"),
]


@pytest.fixture(autouse=True)
def office(cast):
    keep_rules(cast)
    return cast.office


def csv_file(lines=LINES, head=HEAD):
    return write_csv(lines, head)


def sent(cast, data, who="femi", name="March.csv"):
    actor = cast.people[who].actor()
    return receive_file(actor=actor, office=cast.office, name=name, data=data)


def committed(cast, upload, **told):
    actor = cast.femi.actor()
    return commit_upload(actor=actor, upload=upload, version=upload.version, **told)


def test_a_file_is_tried_and_then_posted(cast):
    upload = sent(cast, csv_file(), name="C:\\books\\March.csv")

    would = try_upload(actor=cast.femi.actor(), upload=upload)
    assert (would.rows, would.problem_count, Actual.objects.count()) == (2, 0, 0)
    effect = committed(cast, upload)

    assert effect.totals == would.totals
    assert (effect.batch.name, effect.batch.digest) == ("March.csv", upload.digest)
    assert [(r.row, r.text, r.amount) for r in Actual.objects.order_by("row")] == [
        (2, "=cmd()", Decimal("1250.50")),
        (3, "Pumps", Decimal(100)),
    ]
    upload.refresh_from_db()
    assert (upload.state, bytes(upload.content), upload.batch) == ("committed", b"", effect.batch)
    with pytest.raises(Invalid):
        committed(cast, upload)


def test_a_workbook_is_read_as_it_shows_its_cells(cast):
    lines = [(*LINES[0][:6], 1250.5, *LINES[0][7:])]

    committed(cast, sent(cast, write_xlsx(lines, HEAD), name="March.xlsx"))

    assert Actual.objects.get().amount == Decimal("1250.50")


def test_columns_that_were_told_once_are_known_the_next_time(cast):
    lines = [tuple(cell.replace(".", ",") for cell in line) for line in LINES]
    head = ("A", *HEAD[1:])
    upload = sent(cast, csv_file(lines, head))
    assert "source_system" not in upload.columns
    columns = {**upload.columns, "source_system": "A"}

    tell_columns(
        actor=cast.femi.actor(),
        upload=upload,
        version=upload.version,
        columns=columns,
        form=Form(",", "iso"),
        keep_as="SAP of the port",
    )

    again = sent(cast, csv_file(lines, head))
    assert (again.columns, again.decimal_mark, again.mapping.name) == (
        *(columns, ","),
        "SAP of the port",
    )
    assert committed(cast, again).batch.mapping == LedgerMapping.objects.get()
    assert Actual.objects.filter(amount=Decimal("1250.50")).exists()


def test_columns_that_are_missing_used_twice_or_not_there_are_told(cast):
    upload = sent(cast, csv_file())

    with pytest.raises(Invalid) as caught:
        tell_columns(
            actor=cast.femi.actor(),
            upload=upload,
            version=upload.version,
            columns={**upload.columns, "account": "", "text": "Vendor", "po_no": "Nothing"},
            form=Form(";", "julian"),
        )

    assert set(caught.value.fields) == {
        *("account", "text", "supplier", "po_no", "decimal_mark", "date_form"),
    }


def test_a_wrong_row_leaves_nothing_and_the_file_waits(cast):
    upload = sent(cast, csv_file([*LINES, (*LINES[0][:6], "12,5", *LINES[0][7:])]))

    with pytest.raises(Invalid) as caught:
        committed(cast, upload)

    assert caught.value.code == "finance.ledger_rows"
    upload.refresh_from_db()
    assert (upload.state, LedgerBatch.objects.count()) == ("open", 0)


def test_a_file_is_given_up_at_its_version(cast):
    upload = sent(cast, csv_file())

    with pytest.raises(Conflict):
        discard_upload(actor=cast.femi.actor(), upload=upload, version=9)
    discard_upload(actor=cast.femi.actor(), upload=upload, version=1)

    upload.refresh_from_db()
    assert (upload.state, bytes(upload.content)) == ("discarded", b"")


@pytest.mark.parametrize("who", ["ada", "piet", "otto", "nia"])
def test_only_finance_sends_files(cast, who):
    with pytest.raises(NotAllowed):
        sent(cast, csv_file(), who=who)

    assert not LedgerUpload.objects.exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b"a,b\x00", "NUL bytes"),
        (b'a,b\n"x,y\n', "Row 2 is not CSV"),
        (b"a,a\n1,2\n", "Two columns are called"),
        (",".join(f"c{n}" for n in range(300)).encode(), "more than 200 columns"),
    ],
)
def test_what_is_no_table_is_refused(cast, data, words):
    with pytest.raises(Invalid) as caught:
        rows = list(open_file(data).lines)
        assert rows is None

    assert caught.value.code == "finance.ledger_file"
    assert words in caught.value.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_files_of_any_make_are_read(encoding, delimiter):
    text = f"Document{delimiter}Text\r\n1{delimiter}Gerät\r\n\r\n2{delimiter}\r\n"

    opened = open_file(text.encode(encoding))

    assert opened.headings == ["Document", "Text"]
    assert list(opened.rows({"document_no": "Document", "text": "Text"})) == [
        (2, {"document_no": "1", "text": "Gerät"}),
        (4, {"document_no": "2", "text": ""}),
    ]


def test_headings_of_other_systems_are_understood():
    assert guessed(HEAD) == {
        "source_system": "Source",
        "document_no": "Document",
        "line_no": "Line",
        "posting_date": "Date",
        "account": "G/L Account",
        "project_code": "Project",
        "amount": "Value",
        "currency": "Curr",
        "text": "Description",
        "supplier": "Vendor",
    }
