# SPDX-License-Identifier: Apache-2.0
"""A table of projects from upload to undo."""

import io
import re
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from cast import appoint, make_project
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.services import update_project
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.exchange.models import ImportFile, ImportJob, ImportRow
from pilothouse.exchange.queries import columns_of
from pilothouse.exchange.queries import rows_of as rows_in_sight
from pilothouse.exchange.sandbox import read_untrusted
from pilothouse.exchange.services import (
    Reading,
    apply_import,
    check_import,
    discard_import,
    read_again,
    reading,
    start_import,
    undo_import,
)
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.core.tables import write_csv, write_xlsx
from pilothouse.foundation.organisation.queries import unit_scopes
from pilothouse.foundation.organisation.services import save_custom_field

HEADER = "Code,Project,Portfolio,Finish,Budget,Manager,Comment\n"


def reading_of(job, **changes):
    values = {
        "mapping": {int(column): name for column, name in job.mapping.items()},
        "encoding": job.encoding,
        "delimiter": job.delimiter,
        "sheet": job.sheet,
        "header_row": job.header_row,
        "month_first": job.month_first,
        "decimal_comma": job.decimal_comma,
        "portfolio": job.portfolio,
    }
    return Reading(**{**values, **changes})


def check(cast, data, **changes):
    if isinstance(data, str):
        data = data.encode()
    job = start_import(
        actor=cast.ada.actor(), office=cast.office, file_name="projects.csv", data=data
    )
    return check_import(
        actor=cast.ada.actor(),
        job_id=job.pk,
        version=job.version,
        reading=reading_of(job, **changes),
    )


def apply(cast, data, **changes):
    job = check(cast, data, **changes)
    return apply_import(actor=cast.ada.actor(), job_id=job.pk, version=job.version)


def rows_of(job):
    return [(row.number, row.action, row.code, row.problems) for row in job.rows.all()]


def test_a_table_creates_and_changes_projects_and_a_second_time_changes_nothing(cast):
    code = cast.harbour.code
    text = HEADER + (
        f"{code},,,2027-03-31,,,\n"
        f'P-9,New pier,{cast.portfolio.code},30/06/2028,"1,250,000.50",piet@port.example,"=1+1"\n'
    )
    text = text.replace("piet@port.example", cast.piet.email)

    job = apply(cast, text)

    assert job.stage == "applied"
    assert job.counts == {"update": 1, "create": 1}
    pier = Project.objects.get(code="P-9")
    assert (pier.name, pier.budget, pier.planned_finish, pier.pm, pier.stated_comment) == (
        "New pier",
        Decimal("1250000.50"),
        date(2028, 6, 30),
        cast.piet,
        "=1+1",
    )
    assert Project.objects.get(code=code).planned_finish == date(2027, 3, 31)
    assert PerformanceSnapshot.objects.get(project=pier).budget == Decimal("1250000.50")
    assert AuditEvent.objects.filter(action="project.create", object_id=pier.pk).count() == 1
    again = check(cast, text)
    assert again.counts == {"unchanged": 2}


def test_an_approved_value_that_is_not_the_importers_to_change_is_a_problem_of_its_row(cast):
    code = cast.harbour.code
    text = f"Code,Budget,Approved finish,Finish\n{code},5,2026-11-27,2031-01-01\n"

    job = check(cast, text)

    [(number, action, _, problems)] = rows_of(job)
    assert (number, action) == (2, "problem")
    assert [name for name, _ in problems] == ["budget"], "the approved finish stays as it is"
    assert "changed by those who approve it" in problems[0][1]
    with pytest.raises(Invalid, match="Rows with problems are left"):
        apply_import(actor=cast.ada.actor(), job_id=job.pk, version=job.version)
    assert Project.objects.get(pk=cast.harbour.pk).budget == Decimal("1200000")


def test_nobody_becomes_manager_and_sponsor_of_one_project_by_a_table(cast):
    appoint(cast.sam, Role.SPO, ("org_unit", cast.unit.pk), cast.office.pk, unit_scopes(cast.unit))
    Project.objects.filter(pk=cast.harbour.pk).update(sponsor=None)
    text = HEADER.replace("Comment", "Sponsor") + (
        f"{cast.harbour.code},,,,,{cast.sam.email},\n"
        f"P-8,Old pier,{cast.portfolio.code},,,{cast.sam.email},\n"
        f"P-9,New pier,{cast.portfolio.code},,,{cast.piet.email},{cast.piet.email}\n"
        f"P-10,Pier,{cast.portfolio.code},,,{cast.piet.email},{cast.sam.email}\n"
    )

    job = check(cast, text)

    two = "Sponsor and project manager must be two people"
    said = f"{two}; Sam Example is sponsor here."
    assert [(number, action, problems) for number, action, _, problems in rows_of(job)] == [
        (2, "problem", [["pm", said]]),
        (3, "problem", [["pm", said]]),
        (4, "problem", [["pm", f"{two}."]]),
        (5, "create", []),
    ]


def test_a_row_for_a_closed_portfolio_is_a_problem(cast):
    type(cast.portfolio).objects.filter(pk=cast.portfolio.pk).update(state="closed")

    job = check(cast, f"Code,Project,Portfolio\nP-9,Pier,{cast.portfolio.code}\n")

    [(_, action, _, problems)] = rows_of(job)
    assert (action, problems) == (
        "problem",
        [["portfolio", "Portfolio ‘Quayside’ is closed; choose one that is open."]],
    )


def test_who_approves_budgets_too_brings_them_in(cast):
    scope = ("org_unit", cast.office.pk)
    appoint(cast.ada, Role.FIN, scope, cast.office.pk, unit_scopes(cast.office))

    apply(cast, f"Code,Budget\n{cast.harbour.code},5\n")

    assert Project.objects.get(pk=cast.harbour.pk).budget == Decimal(5)
    event = AuditEvent.objects.filter(action="project.update").latest("pk")
    assert event.reason == "Import of projects.csv"


def test_undo_puts_everything_back(cast):
    scope = ("org_unit", cast.office.pk)
    appoint(cast.ada, Role.FIN, scope, cast.office.pk, unit_scopes(cast.office))
    harbour = Project.objects.get(pk=cast.harbour.pk)
    before = {
        name: getattr(harbour, name)
        for name in ("name", "planned_finish", "budget", "pm_id", "stated_on", "stated_comment")
    }
    job = apply(
        cast,
        HEADER
        + f"{harbour.code},Renamed,,2031-01-01,5,,New words\n"
        + f"P-9,New pier,{cast.portfolio.code},,,,\n",
    )

    undone = undo_import(actor=cast.ada.actor(), job_id=job.pk, version=job.version)

    assert undone.stage == "undone"
    assert not Project.objects.filter(code="P-9").exists()
    harbour.refresh_from_db()
    assert {name: getattr(harbour, name) for name in before} == before


def test_what_was_undone_since_does_not_count_as_changed(cast):
    scope = ("org_unit", cast.office.pk)
    appoint(cast.ada, Role.FIN, scope, cast.office.pk, unit_scopes(cast.office))
    old_name = Project.objects.get(pk=cast.harbour.pk).name
    place = cast.portfolio.code
    first = apply(
        cast,
        HEADER
        + f"{cast.harbour.code},Renamed,,2031-01-01,5,,\n"
        + f"P-8,Old pier,{place},2030-01-01,12,,Fine\nP-9,New pier,{place},,,,\n",
    )
    text = f"P-8,Oldest pier,,2030-02-01,13,,Good\n{cast.harbour.code},Again,,,6.1,,\n"
    second = apply(cast, HEADER + text)
    undo_import(actor=cast.ada.actor(), job_id=second.pk, version=second.version)

    undone = undo_import(actor=cast.ada.actor(), job_id=first.pk, version=first.version)

    assert undone.stage == "undone"
    assert not Project.objects.filter(code__in=("P-8", "P-9")).exists()
    assert Project.objects.get(pk=cast.harbour.pk).name == old_name


def test_what_stayed_changed_is_named_with_who_changed_it_last_and_nothing_else(cast):
    scope = ("org_unit", cast.office.pk)
    appoint(cast.rosa, Role.DIR, scope, cast.office.pk, unit_scopes(cast.office))
    first = apply(cast, HEADER + f"P-8,Old pier,{cast.portfolio.code},2030-01-01,12,,\n")
    second = apply(cast, HEADER + "P-8,Oldest pier,,,,,\n")
    pier = Project.objects.get(code="P-8")
    update_project(
        actor=cast.rosa.actor(),
        project=pier,
        values={"project_type": "Quay"},
        version=pier.version,
    )
    pier.refresh_from_db()
    update_project(
        actor=cast.ada.actor(), project=pier, values={"name": "Old pier"}, version=pier.version
    )

    with pytest.raises(Conflict, match=r"P-8 was changed by Rosa[^(]* \(project type\)\.$"):
        undo_import(actor=cast.ada.actor(), job_id=first.pk, version=first.version)

    assert Project.objects.get(code="P-8").project_type == "Quay"
    assert ImportJob.objects.get(pk=second.pk).stage == "applied"


def test_undo_is_refused_naming_what_changed_since_and_changes_nothing(cast):
    job = apply(
        cast,
        HEADER
        + f"{cast.harbour.code},,,2031-01-01,,,\n"
        + f"P-9,New pier,{cast.portfolio.code},,,,\n",
    )
    pier = Project.objects.get(code="P-9")
    update_project(
        actor=cast.ada.actor(), project=pier, values={"purpose": "Ferries"}, version=pier.version
    )

    with pytest.raises(Conflict, match=r"P-9 was changed by Ada.* \(purpose\)"):
        undo_import(actor=cast.ada.actor(), job_id=job.pk, version=job.version)

    assert Project.objects.filter(code="P-9").exists()
    assert Project.objects.get(pk=cast.harbour.pk).planned_finish == date(2031, 1, 1)
    assert ImportJob.objects.get(pk=job.pk).stage == "applied"


def test_every_problem_of_every_row_is_named_and_nothing_is_written(cast):
    count = Project.objects.count()

    job = check(
        cast,
        HEADER
        + "P-1,,Nowhere,31/31/2027,lots,Nobody,\n"
        + f"P-2,Quay,{cast.portfolio.code},,,,\n"
        + f"p-2,Quay,{cast.portfolio.code},,,,\n"
        + f",Nameless,{cast.portfolio.code},,,,\n"
        + f"P-3,Wide,{cast.portfolio.code},,,,,surplus\n",
    )

    assert rows_of(job) == [
        (
            2,
            "problem",
            "P-1",
            [
                [
                    "portfolio",
                    "“Nowhere”: portfolio not found, or you may not enter projects there",
                ],
                ["planned_finish", "“31/31/2027” is no date; write it as 2026-11-30"],
                [
                    "budget",
                    "“lots” is no amount (is the decimal sign a comma? see the settings)",
                ],
                ["pm", "“Nobody”: person not found"],
                ["name", "is missing; a new project needs a name"],
            ],
        ),
        (3, "create", "P-2", []),
        (4, "problem", "p-2", [["code", "“p-2” stands already in row 3"]]),
        (5, "problem", "", [["code", "is missing; each project needs its code"]]),
        (
            6,
            "problem",
            "P-3",
            [["", "has 8 cells under 7 headers; is a separator not quoted?"]],
        ),
    ]
    with pytest.raises(Invalid, match="Rows with problems are left"):
        apply_import(actor=cast.ada.actor(), job_id=job.pk, version=job.version)
    assert Project.objects.count() == count


def test_what_changed_between_check_and_apply_is_noticed(cast):
    job = check(cast, HEADER + f"{cast.harbour.code},,,2031-01-01,,,\n")
    update_project(
        actor=cast.ada.actor(),
        project=cast.harbour,
        values={"planned_finish": date(2029, 1, 1)},
        version=None,
    )

    with pytest.raises(Conflict, match="changed since the rows were checked"):
        apply_import(actor=cast.ada.actor(), job_id=job.pk, version=job.version)

    assert Project.objects.get(pk=cast.harbour.pk).planned_finish == date(2029, 1, 1)


def test_the_mapping_is_remembered_for_the_next_file(cast):
    text = "Kennung;Bezeichnung;Summe\nP-9;Pier;12,5\n"
    first = start_import(
        actor=cast.ada.actor(), office=cast.office, file_name="a.csv", data=text.encode()
    )
    assert first.mapping == {}
    check_import(
        actor=cast.ada.actor(),
        job_id=first.pk,
        version=first.version,
        reading=reading_of(
            first,
            mapping={0: "code", 1: "name", 2: "budget"},
            decimal_comma=True,
            portfolio=cast.portfolio,
        ),
    )

    second = start_import(
        actor=cast.ada.actor(), office=cast.office, file_name="b.csv", data=text.encode("utf-16")
    )

    assert second.mapping == {"0": "code", "1": "name", "2": "budget"}
    assert (second.encoding, second.delimiter, second.decimal_comma) == ("utf-16", ";", True)
    assert ImportRow.objects.get(job=first).after["budget"] == "12.50"


def test_own_fields_of_the_office_are_mapped_and_checked(cast):
    save_custom_field(
        actor=cast.ada.actor(),
        office=cast.office,
        field=None,
        label="Berth",
        kind="choice",
        choices=["North", "South"],
    )

    job = check(
        cast,
        f"Code,Name,Portfolio,Berth\nP-8,A,{cast.portfolio.code},North\n"
        f"P-9,B,{cast.portfolio.code},East\n",
    )

    first, second = job.rows.all()
    assert first.after["custom"] == {"berth": "North"}
    assert second.problems == [["custom.berth", "Berth: ‘East’ is not in the list (North, South)."]]


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_a_file_that_pilothouse_wrote_comes_back_with_its_true_texts(cast, write):
    data = write(
        [["P-9", "=cmd|' /C calc'!A0", cast.portfolio.code, Decimal("-5.5"), date(2027, 1, 31)]],
        ["Code", "Name", "Portfolio", "Benefits forecast", "Finish"],
    )

    apply(cast, data)

    project = Project.objects.get(code="P-9")
    assert project.name == "=cmd|' /C calc'!A0"
    assert project.benefits_forecast == Decimal("-5.50")
    assert project.planned_finish == date(2027, 1, 31)


def test_a_formula_without_a_saved_value_is_a_problem_of_its_cell_and_not_an_empty_one(cast):
    texts = [["P-9", "Pier", cast.portfolio.code, ""], [cast.harbour.code, "", "", ""]]
    data = write_xlsx(texts, ["Code", "Name", "Portfolio", "Budget"])
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(result, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                part = re.sub(rb"(</row>)(?=<row r=.3|</sheetData>)", rb"%s\1", part)
                part %= (b'<c r="D2"><f>5*5</f><v></v></c>', b'<c r="D3"><f>A1</f><v/></c>')
            target.writestr(name, part)

    job = check(cast, result.getvalue())

    todo = "without a saved value; open the file in a spreadsheet program and save it, or put"
    assert rows_of(job) == [
        (
            2,
            "problem",
            "P-9",
            [["budget", f"cell D2 holds the formula “=5*5” {todo} the value in"]],
        ),
        (
            3,
            "problem",
            cast.harbour.code,
            [["budget", f"cell D3 holds the formula “=A1” {todo} the value in"]],
        ),
    ]
    assert job.columns[3] == ["Budget", "=5*5", "=A1"]
    with pytest.raises(Invalid, match="Rows with problems are left"):
        apply_import(actor=cast.ada.actor(), job_id=job.pk, version=job.version)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_exported_list_that_is_read_again_renames_nothing(client, cast, kind):
    for number, name in enumerate(("=1+1", "'=1+1", "-2 Deep", "@Home", "'quoted'")):
        make_project(cast.portfolio, f"N{number}", name)
    client.force_login(cast.ada)
    data = client.get(f"/export/?format={kind}&columns=phase,budget").content

    job = check(cast, data)

    assert job.counts == {"unchanged": 6}


def test_only_who_directs_the_office_enters_projects_that_are_under_way(cast):
    text = f"Code,Name,Portfolio,State\nP-9,Pier,{cast.portfolio.code},Executing\n"

    job = apply(cast, text)

    assert job.counts == {"create": 1}
    assert Project.objects.get(code="P-9").state == "executing"
    harbour = check(cast, f"Code,State\n{cast.harbour.code},Cancelled\n")
    assert rows_of(harbour)[0][3] == [
        ["state", "is executing; states change on the project's page"]
    ]


def test_nobody_without_the_right_to_enter_projects_imports_or_sees_imports(cast):
    job = check(cast, HEADER + f"P-9,Pier,{cast.portfolio.code},,,,\n")

    for person in (cast.otto, cast.tess, cast.nia):
        with pytest.raises(NotAllowed):
            start_import(
                actor=person.actor(), office=cast.office, file_name="a.csv", data=b"Code\nX\n"
            )
        with pytest.raises(NotFound):
            apply_import(actor=person.actor(), job_id=job.pk, version=job.version)

    assert ImportJob.objects.count() == 1
    assert not Project.objects.filter(code="P-9").exists()


def test_a_project_of_another_office_is_neither_changed_nor_shown(cast):
    job = check(cast, HEADER + f"{cast.foreign.code},Mine,{cast.portfolio.code},,,,\n")

    assert [(row.action, row.project) for row in job.rows.all()] == [("create", None)]


def test_a_mapping_without_code_or_with_a_field_twice_is_refused(cast):
    job = start_import(
        actor=cast.ada.actor(), office=cast.office, file_name="a.csv", data=b"A,B\n1,2\n"
    )

    for mapping, sentence in (
        ({0: "name"}, "Say which column holds the code"),
        ({0: "code", 1: "code"}, "Several columns are mapped to Code"),
    ):
        with pytest.raises(Invalid, match=sentence):
            check_import(
                actor=cast.ada.actor(),
                job_id=job.pk,
                version=job.version,
                reading=reading_of(job, mapping=mapping),
            )

    assert ImportRow.objects.count() == 0


def test_a_discarded_import_keeps_neither_file_nor_rows(cast):
    job = check(cast, HEADER + f"P-9,Pier,{cast.portfolio.code},,,,\n")

    discard_import(actor=cast.ada.actor(), job_id=job.pk, version=job.version)

    kept = ImportJob.objects.get(pk=job.pk)
    assert (kept.stage, kept.rows.count()) == ("discarded", 0)
    assert ImportFile.objects.count() == 0


# Who reads the file itself


@pytest.fixture
def analyst(cast):
    """Somebody else who may enter projects anywhere in the office, and sees its imports."""
    scope = ("org_unit", cast.office.pk)
    appoint(cast.otto, Role.ANL, scope, cast.office.pk, unit_scopes(cast.office))
    return cast.otto


def test_samples_are_for_whoever_brought_the_file_and_who_directs_the_office(cast, analyst):
    text = f"Code,Project,Portfolio,Budget\nP-9,Pier,{cast.portfolio.code},777001\n"
    by_ada, by_otto = (
        start_import(actor=user.actor(), office=cast.office, file_name="a.csv", data=text.encode())
        for user in (cast.ada, analyst)
    )

    def samples(user, job):
        return {value for column in columns_of(user.actor(), job) for value in column.samples}

    assert "777001" in samples(cast.ada, by_ada) & samples(cast.ada, by_otto)
    assert "777001" in samples(analyst, by_otto)
    assert samples(analyst, by_ada) == set()
    assert next(column.header for column in columns_of(analyst.actor(), by_ada)) == "Code"


def test_a_confidential_project_to_come_is_no_row_for_others(client, cast, analyst):
    job = check(
        cast,
        "Code,Project,Portfolio,Classification\n"
        f"P-8,Open pier,{cast.portfolio.code},\nP-9,Secret pier,{cast.portfolio.code},Confidential\n",
    )

    assert [row.code for row in rows_in_sight(cast.ada.actor(), job)] == ["P-8", "P-9"]
    assert [row.code for row in rows_in_sight(analyst.actor(), job)] == ["P-8"]
    client.force_login(analyst)
    for page in ("", "columns/", "?show=create"):
        assert "Secret pier" not in client.get(f"/imports/{job.pk}/{page}").content.decode()


# What waits for whom


def test_a_file_is_read_and_checked_before_anybody_is_kept_from_writing(cast, monkeypatch):
    """SQLite lets one writer in at a time, and reading a workbook takes seconds."""
    nesting = []

    def noted(data, **how):
        nesting.append(len(connection.savepoint_ids))
        return read_untrusted(data, **how)

    monkeypatch.setattr(reading, "read_untrusted", noted)

    job = check(cast, HEADER + f"{cast.harbour.code},,,2031-01-01,,,\n")
    again = reading_of(job)
    job = read_again(actor=cast.ada.actor(), job_id=job.pk, version=job.version, reading=again)
    job = check_import(actor=cast.ada.actor(), job_id=job.pk, version=job.version, reading=again)
    apply_import(actor=cast.ada.actor(), job_id=job.pk, version=job.version)

    assert nesting == [0] * 5


def test_an_import_that_was_ended_while_its_file_was_opened_is_refused(cast):
    job = check(cast, HEADER + f"{cast.harbour.code},,,2031-01-01,,,\n")
    ImportFile.objects.filter(job=job).delete()

    with pytest.raises(Conflict, match="ended in the meantime"):
        apply_import(actor=cast.ada.actor(), job_id=job.pk, version=job.version)


def test_a_field_that_went_out_of_use_does_not_stop_the_next_import(cast):
    berth = save_custom_field(
        actor=cast.ada.actor(),
        office=cast.office,
        field=None,
        label="Berth",
        kind="text",
        choices=[],
    )
    apply(cast, f"Code,Berth\n{cast.harbour.code},7\n")
    save_custom_field(
        actor=cast.ada.actor(),
        office=cast.office,
        field=berth,
        label="Berth",
        kind="text",
        choices=[],
        is_active=False,
    )
    depth = save_custom_field(
        actor=cast.ada.actor(),
        office=cast.office,
        field=None,
        label="Depth",
        kind="text",
        choices=[],
    )

    apply(cast, f"Code,Finish,Depth\n{cast.harbour.code},2031-01-01,12 m\n")

    harbour = Project.objects.get(pk=cast.harbour.pk)
    assert (harbour.planned_finish, harbour.custom) == (
        date(2031, 1, 1),
        {berth.key: "7", depth.key: "12 m"},
    )
