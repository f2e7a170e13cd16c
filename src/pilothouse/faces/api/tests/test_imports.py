# SPDX-License-Identifier: Apache-2.0
"""Tables of projects through the API: upload, check, apply, undo, and what is refused."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from pilothouse.delivery.projects.models import Project
from pilothouse.exchange.models import ImportFile, ImportJob

HEADER = "Code,Project,Portfolio,Finish\n"


@pytest.fixture
def upload(cast, call):
    def send(user, text, **more):
        caller = call(user)
        data = text if isinstance(text, bytes) else text.encode()
        body = {"office_id": cast.office.pk, **more}
        return caller.client.post(
            "/api/v1/imports",
            {"file": SimpleUploadedFile("projects.csv", data), **body},
            headers={"Authorization": f"Bearer {caller.secret}"},
        )

    return send


def checked(ada, answer, body=None):
    job = answer.json()
    found = ada("post", f"/imports/{job['id']}/check", body, version=job["version"])
    assert found.status_code == 200, found.content
    return found.json()


def test_a_table_goes_from_upload_to_undo(cast, call, upload):
    ada = call(cast.ada)
    text = HEADER + (
        f"{cast.harbour.code},,,2031-01-01\nP-9,New pier,{cast.portfolio.code},30/06/2028\n"
    )
    before = Project.objects.get(pk=cast.harbour.pk).planned_finish

    answer = upload(cast.ada, text)

    assert (answer.status_code, answer["ETag"]) == (201, '"v1"')
    assert [(c["letter"], c["header"], c["field"]) for c in answer.json()["columns"]] == [
        ("A", "Code", "code"),
        ("B", "Project", "name"),
        ("C", "Portfolio", "portfolio"),
        ("D", "Finish", "planned_finish"),
    ]
    job = checked(ada, answer)
    path = f"/imports/{job['id']}"
    assert job["counts"] == {"create": 1, "update": 1, "unchanged": 0, "problem": 0}
    assert not Project.objects.filter(code="P-9").exists()
    rows = ada("get", f"{path}/rows?action=create").json()
    assert [(row["row"], row["code"], row["problems"]) for row in rows["items"]] == [(3, "P-9", [])]

    applied = ada("post", f"{path}/apply", version=job["version"])

    assert (applied.status_code, applied.json()["stage"]) == (200, "applied")
    assert Project.objects.get(code="P-9").planned_finish == date(2028, 6, 30)

    undone = ada("post", f"{path}/undo", version=applied.json()["version"])

    assert (undone.status_code, undone.json()["stage"]) == (200, "undone")
    assert not Project.objects.filter(code="P-9").exists()
    assert Project.objects.get(pk=cast.harbour.pk).planned_finish == before
    assert [row["stage"] for row in ada("get", "/imports").json()["items"]] == ["undone"]


def test_columns_that_were_not_understood_are_named_by_the_caller(cast, call, upload):
    ada = call(cast.ada)
    answer = upload(cast.ada, "Kennung;Bezeichnung;Summe\nP-9;Pier;12,5\n")
    keys = [f["key"] for f in ada("get", f"/imports/{answer.json()['id']}/fields").json()["items"]]
    assert {"code", "name", "budget"} <= set(keys)

    job = checked(
        ada,
        answer,
        {
            "mapping": {"0": "code", "1": "name", "2": "budget"},
            "decimal_comma": True,
            "portfolio_id": cast.portfolio.pk,
        },
    )

    row = ada("get", f"/imports/{job['id']}/rows").json()["items"][0]
    assert {"field": "Budget", "before": "", "after": "12.50"} in row["changes"]


def test_rows_with_problems_are_refused_by_row_and_field_and_nothing_is_written(cast, call, upload):
    ada = call(cast.ada)
    count = Project.objects.count()
    job = checked(
        ada,
        upload(
            cast.ada,
            HEADER + f"P-1,A,Nowhere,31/31/2027\nP-2,B,{cast.portfolio.code},\n",
        ),
    )

    answer = ada("post", f"/imports/{job['id']}/apply", version=job["version"])

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "exchange.problems"
    assert answer.json()["fields"] == {
        "2.portfolio": "“Nowhere”: portfolio not found, or you may not enter projects there",
        "2.planned_finish": "“31/31/2027” is no date; write it as 2026-11-30",
    }
    assert Project.objects.count() == count


def test_a_version_is_needed_and_a_stale_one_is_refused(cast, call, upload):
    ada = call(cast.ada)
    job = checked(ada, upload(cast.ada, HEADER + f"P-9,Pier,{cast.portfolio.code},\n"))

    for step in ("apply", "check"):
        path = f"/imports/{job['id']}/{step}"
        assert ada("post", path).status_code == 428
        assert ada("post", path, version=job["version"] + 1).status_code == 412

    assert not Project.objects.filter(code="P-9").exists()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "exchange.empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "exchange.format"),
        (b"Code,Name\n" + b"P,x\n" * 50_000, "exchange.rows"),
        (b'Code,Name\n"P-1,x\n', "exchange.quote"),
    ],
    ids=["empty", "picture", "many rows", "open quote"],
)
def test_a_file_that_is_no_fit_table_is_refused_with_its_reason(cast, upload, data, code):
    answer = upload(cast.ada, data)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert (ImportJob.objects.count(), ImportFile.objects.count()) == (0, 0)


def test_who_may_not_enter_projects_neither_uploads_nor_sees(cast, call, upload):
    job = upload(cast.ada, HEADER + f"P-9,Pier,{cast.portfolio.code},\n").json()

    assert upload(cast.tess, HEADER).status_code == 403
    assert upload(cast.otto, HEADER).json()["fields"] == {
        "office_id": "There is no such organisation."
    }
    for user in (cast.tess, cast.otto):
        caller = call(user)
        assert caller("get", "/imports").json()["items"] == []
        for path in ("", "/rows", "/fields"):
            assert caller("get", f"/imports/{job['id']}{path}").status_code == 404
        for step in ("check", "apply", "undo", "discard"):
            answer = caller("post", f"/imports/{job['id']}/{step}", version=1)
            assert answer.status_code == 404

    assert ImportJob.objects.get().stage == "mapping"


def test_a_discarded_import_keeps_no_file(cast, call, upload):
    job = upload(cast.ada, HEADER + f"P-9,Pier,{cast.portfolio.code},\n").json()

    answer = call(cast.ada)("post", f"/imports/{job['id']}/discard", version=job["version"])

    assert (answer.status_code, answer.json()["stage"]) == (200, "discarded")
    assert ImportFile.objects.count() == 0
