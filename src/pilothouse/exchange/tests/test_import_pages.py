# SPDX-License-Identifier: Apache-2.0
"""The pages of an import: upload, columns, check, result, undo, and what is refused."""

import io
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from pilothouse.delivery.projects.models import Project
from pilothouse.exchange.models import ImportFile, ImportJob, ImportRow
from pilothouse.exchange.tables import read_table
from pilothouse.foundation.core.tables import write_xlsx

NAMES = ("ada", "piet", "rosa", "femi", "sam", "tess", "otto", "nia")
TEXT = 'Code,Name,Finish,Budget\nP-9,New pier,2028-06-30,"1,250.50"\nHARB,,2027-03-31,\n'


@pytest.fixture
def ada(client, cast):
    client.force_login(cast.ada)
    return client


def upload(client, cast, data, name="projects.csv", place=None):
    if isinstance(data, str):
        data = data.encode()
    return client.post(
        reverse("exchange:import-new"),
        {
            "place": place or f"portfolio-{cast.portfolio.pk}",
            "file": SimpleUploadedFile(name, data),
        },
    )


def page(response):
    return response.content.decode()


def columns_form(client, job, **changes):
    """What the columns page would send if nothing were touched."""
    html = page(client.get(reverse("exchange:import-columns", args=[job.pk])))
    sent = dict(
        re.findall(r'<input type="(?:hidden|number)"[^>]*name="(\w+)" value="([^"]*)"', html)
    )
    for name, inner in re.findall(r'<select[^>]*name="([\w-]+)"[^>]*>(.*?)</select>', html, re.S):
        chosen = re.search(r'value="([^"]*)" selected', inner)
        sent[name] = chosen[1] if chosen else re.search(r'value="([^"]*)"', inner)[1]
    sent.pop("csrfmiddlewaretoken", None)
    number = re.search(r'name="header_row" value="(\d+)"', html)
    return {**sent, "header_row": number[1], "step": "check", **changes}


def check(client, cast, data, **changes):
    upload(client, cast, data)
    job = ImportJob.objects.first()
    address = reverse("exchange:import-columns", args=[job.pk])
    response = client.post(address, columns_form(client, job, **changes))
    job.refresh_from_db()
    return job, response


def test_a_file_goes_from_upload_to_undo_without_a_script(ada, cast):
    response = upload(ada, cast, TEXT)
    job = ImportJob.objects.get()
    assert response.headers["Location"] == reverse("exchange:import", args=[job.pk])
    columns = page(ada.get(response.headers["Location"], follow=True))
    assert "1,250.50" in columns
    assert '<option value="planned_finish" selected>Planned finish</option>' in columns

    ada.post(reverse("exchange:import-columns", args=[job.pk]), columns_form(ada, job))
    job.refresh_from_db()
    preview = page(ada.get(reverse("exchange:import", args=[job.pk]) + "?show=update"))
    assert "<del>2026-12-18</del>" in preview
    assert "<ins>2027-03-31</ins>" in preview
    assert "Bring in: 1 new, 1 changed" in preview
    assert not Project.objects.filter(code="P-9").exists()

    ada.post(reverse("exchange:import-apply", args=[job.pk]), {"version": job.version})
    job.refresh_from_db()
    assert (job.stage, Project.objects.get(code="P-9").name) == ("applied", "New pier")
    assert "Brought in on" in page(ada.get(reverse("exchange:import", args=[job.pk])))

    address = reverse("exchange:import-undo", args=[job.pk])
    assert ada.post(address, {"version": job.version}).status_code == 422
    assert Project.objects.filter(code="P-9").exists()
    ada.post(address, {"version": job.version, "sure": "on"})
    job.refresh_from_db()
    assert (job.stage, Project.objects.filter(code="P-9").exists()) == ("undone", False)
    assert Project.objects.get(code="HARB").planned_finish.isoformat() == "2026-12-18"


def test_a_second_upload_of_the_same_file_changes_nothing(ada, cast):
    job, _ = check(ada, cast, TEXT)
    ada.post(reverse("exchange:import-apply", args=[job.pk]), {"version": job.version})

    again, _ = check(ada, cast, TEXT)

    assert again.counts == {"unchanged": 2}
    html = page(ada.get(reverse("exchange:import", args=[again.pk])))
    assert "there is nothing to bring in" in html
    assert "import-apply" not in html


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/bomb", b"\0" * (310 * 2**20))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The submitted file is empty|The file is empty"),
        (b"\n\n \n", "The file is empty"),
        (b"Code,Name\n" + b"P,x\n" * 50_000, "50,000 rows below its header; at most 10,000"),
        (b",".join([b"a"] * 300) + b"\n1\n", "has 300 columns; at most 200"),
        (b"%PDF-1.7", "This is a PDF file"),
        (b"Code\nP-1\x00\n", "Line 2 holds a NUL byte"),
        (b"PK\x03\x04 broken", "cut short or damaged"),
        (bomb, "unpacks to more than 300 MB"),
        (b"x" * (21 * 2**20), "larger than 20 MB"),
    ],
    ids=["empty", "blank", "50,000 rows", "300 columns", "PDF", "NUL", "broken", "bomb", "21 MB"],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(ada, cast, data, sentence):
    response = upload(ada, cast, data() if callable(data) else data)

    assert response.status_code == 422
    assert re.search(sentence, page(response))
    assert (ImportJob.objects.count(), ImportFile.objects.count()) == (0, 0)


def test_no_file_and_a_foreign_portfolio_are_refused_by_field(ada, cast):
    address = reverse("exchange:import-new")

    missing = ada.post(address, {"place": f"portfolio-{cast.portfolio.pk}"})
    foreign = upload(ada, cast, TEXT, place=f"portfolio-{cast.other_portfolio.pk}")

    assert (missing.status_code, foreign.status_code) == (422, 422)
    assert "Choose a file in the format XLSX or CSV." in page(missing)
    assert "Choose one of the list." in page(foreign)
    assert ImportJob.objects.count() == 0


def test_problems_name_row_field_and_reason_and_come_as_a_file(ada, cast):
    count = Project.objects.count()
    text = "Code,Name,Finish\nP-1,A,31/31/2027\nP-2,B,\np-2,C,\n"
    job, _ = check(ada, cast, text)

    html = page(ada.get(reverse("exchange:import", args=[job.pk])))
    file = ada.get(reverse("exchange:import-problems", args=[job.pk]))
    refused = ada.post(reverse("exchange:import-apply", args=[job.pk]), {"version": job.version})

    assert "“31/31/2027” is no date; write it as 2026-11-30" in html
    assert "Bring in" not in html
    assert read_table(file.content).rows == [
        ["Row", "Code", "Name", "Field", "Reason"],
        ["2", "P-1", "A", "Planned finish", "“31/31/2027” is no date; write it as 2026-11-30"],
        ["4", "p-2", "C", "Code", "“p-2” stands already in row 3"],
    ]
    assert refused.status_code == 422
    assert "Rows with problems are left" in page(refused)
    assert Project.objects.count() == count


def test_a_character_that_cannot_be_read_is_named_by_its_line(ada, cast):
    job, response = check(ada, cast, b"Code,Name\nP-1,Gr\x81n\n")

    assert response.status_code == 422
    assert "Line 2 is not Windows-1252 (Western Europe); choose another encoding." in page(response)
    assert job.stage == "mapping"


def test_a_character_that_was_lost_before_is_a_problem_of_its_row_and_field(ada, cast):
    job, _ = check(ada, cast, "Code,Name\nP-1,Gr�n\n")

    assert ImportRow.objects.get(job=job).problems == [
        ["name", "holds characters that could not be read (�); choose the file's encoding"]
    ]


def test_formulas_in_a_workbook_are_named_and_texts_stay_texts(ada, cast):
    data = write_xlsx([["P-9", "=1+1"]], ["Code", "Name"])
    upload(ada, cast, data, "projects.xlsx")
    job = ImportJob.objects.get()
    ada.post(reverse("exchange:import-columns", args=[job.pk]), columns_form(ada, job))
    job.refresh_from_db()

    ada.post(reverse("exchange:import-apply", args=[job.pk]), {"version": job.version})

    assert Project.objects.get(code="P-9").name == "=1+1"


def test_another_encoding_reads_the_file_anew_before_anything_is_checked(ada, cast):
    data = "Code;Name\nP-1;Łódź\n".encode("cp1250")

    job, response = check(ada, cast, data, encoding="cp1250")

    assert response.headers["Location"] == reverse("exchange:import-columns", args=[job.pk])
    assert (job.stage, job.encoding) == ("mapping", "cp1250")
    assert "Łódź" in page(ada.get(response.headers["Location"]))


def test_a_mapping_without_the_code_keeps_what_was_chosen(ada, cast):
    job, response = check(ada, cast, "A,B\n1,2\n", **{"column-0": "name"})

    assert response.status_code == 422
    assert "Say which column holds the code of the project" in page(response)
    assert '<option value="name" selected>Name</option>' in page(response)
    assert job.stage == "mapping"


def test_a_form_from_before_a_change_is_refused_and_says_who_changed(ada, cast):
    upload(ada, cast, TEXT)
    job = ImportJob.objects.get()
    sent = columns_form(ada, job)
    ada.post(reverse("exchange:import-columns", args=[job.pk]), sent)

    response = ada.post(
        reverse("exchange:import-columns", args=[job.pk]), {**sent, "dates": "month"}
    )

    assert response.status_code == 409
    assert "was changed by Ada Example in the meantime" in page(response)
    assert ImportJob.objects.get().month_first is False


def test_an_import_that_was_given_up_leaves_no_file(ada, cast):
    job, _ = check(ada, cast, TEXT)

    ada.post(reverse("exchange:import-discard", args=[job.pk]), {"version": job.version})

    assert (ImportFile.objects.count(), ImportRow.objects.count()) == (0, 0)
    assert "was given up" in page(ada.get(reverse("exchange:import", args=[job.pk])))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_needs_no_mapping(ada, cast, kind):
    response = ada.get(reverse("exchange:template", args=[cast.office.pk, kind]))
    header = read_table(response.content).rows[0]
    row = ["P-9", "Pier"] + [""] * (len(header) - 2)

    upload(ada, cast, write_xlsx([row], header), "filled.xlsx")

    job = ImportJob.objects.get()
    assert header[:3] == ["Code", "Name", "Portfolio"]
    assert len(job.mapping) == len(header)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("exchange:imports", "200 200 200 200 200 200 200 200"),
        ("exchange:import-new", "200 403 403 403 403 403 403 200"),
        ("exchange:import", "200 404 404 404 404 404 404 404"),
        ("exchange:import-columns", "200 404 404 404 404 404 404 404"),
        ("exchange:import-problems", "200 404 404 404 404 404 404 404"),
        ("exchange:published", "200 200 200 200 200 200 200 200"),
    ],
)
def test_each_page_opens_for_whom_it_may(client, cast, name, expected):
    client.force_login(cast.ada)
    job, _ = check(client, cast, TEXT)
    arguments = (
        [job.pk] if name.startswith("exchange:import-") and name != "exchange:import-new" else []
    )
    if name == "exchange:import":
        arguments = [job.pk]

    found = []
    for person in NAMES:
        client.force_login(cast.people[person])
        found.append(str(client.get(reverse(name, args=arguments)).status_code))

    assert dict(zip(NAMES, found)) == dict(zip(NAMES, expected.split()))


def test_strangers_can_neither_apply_nor_undo_nor_give_up_an_import(client, cast):
    client.force_login(cast.ada)
    job, _ = check(client, cast, TEXT)

    for person in (cast.otto, cast.tess, cast.nia):
        client.force_login(person)
        for word in ("apply", "undo", "discard"):
            address = reverse(f"exchange:import-{word}", args=[job.pk])
            assert client.post(address, {"version": job.version}).status_code == 404

    job.refresh_from_db()
    assert job.stage == "checked"
    assert not Project.objects.filter(code="P-9").exists()


def test_the_list_of_imports_asks_the_same_number_of_questions_for_any_length(
    ada, cast, django_assert_num_queries
):
    for _ in range(3):
        upload(ada, cast, TEXT)
    address = reverse("exchange:imports")
    ada.get(address)

    with django_assert_num_queries(12):
        assert ada.get(address).status_code == 200


def test_somebody_who_may_not_enter_projects_is_told_what_to_do(client, cast):
    client.force_login(cast.otto)

    html = page(client.get(reverse("exchange:imports")))

    assert "Open a portfolio first, or ask for the role." in html
    assert reverse("exchange:import-new") not in html
