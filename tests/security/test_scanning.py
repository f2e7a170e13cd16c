# SPDX-License-Identifier: Apache-2.0
"""No file is read before the scanner has seen it, by whichever door it comes (ASVS 5.4.3)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from cast import SYSTEM
from pilothouse.delivery.planning import bridge
from pilothouse.delivery.planning.models import PlanArrival, PlanEvent, ProjectPlan, Task
from pilothouse.delivery.planning.tests.files import QUAY
from pilothouse.exchange.gmpp import loading
from pilothouse.exchange.models import ImportFile, ImportJob, ImportRow, PublishedFile
from pilothouse.exchange.services import (
    apply_import,
    check_import,
    reading,
    reading_of,
    start_import,
    stored,
    undo_import,
)
from pilothouse.faces.cli import doctor
from pilothouse.faces.cli import main as cli
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.accounts.services import create_token, set_active
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.models import AuditEvent, Job
from pilothouse.foundation.core.runner import Runner
from pilothouse.foundation.organisation.second_factor import set_rule_of_office
from pilothouse.foundation.scanning import services
from pilothouse.foundation.scanning.models import IncomingContent, IncomingFile
from pilothouse.foundation.scanning.services import look_at_held
from stub_clamd import EICAR, SIGNATURE, StubClamd

TABLE = b"Code,Name\nP-9,Pier\n"
YEAR = (
    b"project_name,department,colour_rating,start_date,end_date,year\n"
    b"Harbour,MOD,Amber,01/02/2020,31/12/2025,2022\n"
)
CLEAN = {"plan": QUAY.encode(), "table": TABLE, "published": YEAR}
PAGES = ("plan page", "plan api", "table page", "table api")
COMMANDS = ("plan command", "table command", "published command")
DOORS = PAGES + COMMANDS


@pytest.fixture
def clamd(settings):
    """A scanner that is up."""
    stub = StubClamd()
    settings.PILOTHOUSE_SCANNER = stub.address
    yield stub
    stub.stop()


class Doors:
    """Sends a file by any door, as who may."""

    def __init__(self, cast, folder, settings, capsys):
        self.cast, self.folder, self.settings, self.capsys = cast, folder, settings, capsys
        self.said = ""

    def sender(self, door):
        return self.cast.piet if door.startswith("plan") else self.cast.ada

    def send(self, door, data=None, name="quay.xml"):
        kind = door.split()[0]
        data = CLEAN[kind] if data is None else data
        if door.endswith("command"):
            return self._command(kind, data, name)
        client, headers = Client(), {}
        if door.endswith("page"):
            client.force_login(self.sender(door))
        else:
            who = self.sender(door)
            _, secret = create_token(actor=who.actor(), user=who, name="t", may_write=True)
            headers["Authorization"] = f"Bearer {secret}"
        harbour, office = self.cast.harbour.pk, self.cast.office.pk
        url, form = {
            "plan page": (f"/plans/{harbour}/import/", {"version": "0"}),
            "plan api": (f"/api/v1/projects/{harbour}/plan", {}),
            "table page": ("/imports/new/", {"place": f"office-{office}"}),
            "table api": ("/api/v1/imports", {"office_id": office}),
        }[door]
        answer = client.post(url, {"file": SimpleUploadedFile(name, data), **form}, headers=headers)
        self.said = answer.content.decode()
        return answer

    def _command(self, kind, data, name):
        path = self.folder / name
        path.write_bytes(data)
        words = {
            "plan": ("plan", "--project", "HARB", "--as", self.cast.piet.email),
            "table": ("portfolio", "--portfolio", "QUAY", "--as", self.cast.ada.email),
            "published": ("gmpp",),
        }[kind]
        code = cli.main(["import", *words, str(path)])
        self.said = self.capsys.readouterr().err
        return code


@pytest.fixture
def doors(cast, tmp_path, settings, capsys):
    return Doors(cast, tmp_path, settings, capsys)


@pytest.fixture
def unread(monkeypatch):
    """Fails where anything reads a file."""

    def read(*args, **kwargs):
        raise AssertionError("a file was read that the scanner had not found clean")

    monkeypatch.setattr(bridge, "read_file", read)
    monkeypatch.setattr(reading, "read_untrusted", read)
    monkeypatch.setattr(loading, "read_untrusted", read)


def taken_in():
    """How many plans, imports and published years there are, by any door."""
    return ProjectPlan.objects.count() + ImportJob.objects.count() + PublishedFile.objects.count()


def later(minutes=20):
    return timezone.now() + timedelta(minutes=minutes)


@pytest.mark.parametrize("door", DOORS)
def test_a_clean_file_comes_in_and_the_scanner_saw_it_whole(doors, clamd, door):
    answer = doors.send(door)

    assert answer == 0 if door in COMMANDS else answer.status_code in (201, 302)
    assert taken_in() == 1
    assert clamd.seen == [CLEAN[door.split()[0]]]
    assert IncomingFile.objects.count() == 0


@pytest.mark.parametrize("door", DOORS)
def test_what_is_found_is_refused_by_name_noted_and_not_kept(
    doors, clamd, unread, door, monkeypatch
):
    told = []
    monkeypatch.setattr(services, "note", lambda event, **said: told.append((event, said)))
    data = CLEAN[door.split()[0]] + EICAR
    answer = doors.send(door, data)

    assert answer == 1 if door in COMMANDS else answer.status_code == 422
    assert f"quay.xml is refused: the scanner found {SIGNATURE} in it." in doors.said
    assert (taken_in(), IncomingContent.objects.count()) == (0, 0)
    row = IncomingFile.objects.get()
    assert (row.state, row.signature, row.size_bytes) == ("found", SIGNATURE, len(data))
    if door != "published command":
        assert (row.created_by, row.office) == (doors.sender(door), doors.cast.office)
    assert AuditEvent.objects.get(action="file.found").object_id == row.pk
    assert [(event, said["file"], said["sha256"]) for event, said in told] == [
        ("file.found", row.pk, row.sha256)
    ]


def away(clamd, how):
    if how == "down":
        clamd.stop()
        clamd.stop = lambda: None
    else:
        clamd.mode = how


@pytest.mark.parametrize("how", ["down", "garbage", "cut"])
@pytest.mark.parametrize("door", PAGES)
def test_without_a_verdict_a_file_is_held_and_neither_read_nor_served(
    doors, clamd, unread, door, how
):
    away(clamd, how)

    answer = doors.send(door)

    row = IncomingFile.objects.get()
    assert (row.state, row.created_by, taken_in()) == ("held", doors.sender(door), 0)
    where = f"/files/{row.pk}/"
    if door.endswith("page"):
        assert (answer.status_code, answer["Location"]) == (302, where)
    else:
        assert (answer.status_code, answer["Location"]) == (202, f"/api/v1{where[:-1]}")
        assert answer.json()["state"] == "held"
        assert "content" not in answer.json()
    client = Client()
    client.force_login(doors.sender(door))
    page = client.get(where).content.decode()
    assert "The file is kept since" in page
    assert "The scanner" in page and "as soon as the scanner answers" in page


@pytest.mark.parametrize("how", ["down", "garbage"])
@pytest.mark.parametrize("door", COMMANDS)
def test_at_the_command_line_nothing_is_held(doors, clamd, unread, door, how):
    away(clamd, how)

    assert doors.send(door) == 2

    assert "quay.xml was not taken in: the scanner" in doors.said
    assert "Start the scanner" in doors.said
    assert (taken_in(), IncomingFile.objects.count()) == (0, 0)


@pytest.mark.parametrize("how", ["down", "garbage"])
@pytest.mark.parametrize("door", PAGES)
def test_what_was_held_goes_its_way_once_the_scanner_answers(doors, clamd, settings, door, how):
    away(clamd, how)
    doors.send(door)
    assert look_at_held(later()).waiting == 1
    assert taken_in() == 0
    again = StubClamd()
    settings.PILOTHOUSE_SCANNER = again.address

    told = look_at_held(later(60))
    again.stop()

    assert (told.released, told.refused, told.waiting) == (1, 0, 0)
    row = IncomingFile.objects.get()
    assert (row.state, IncomingContent.objects.count(), taken_in()) == ("released", 0, 1)
    if door.startswith("plan"):
        assert row.result_id == doors.cast.harbour.pk
        assert AuditEvent.objects.get(action="plan.imported").actor == doors.cast.piet
    else:
        job = ImportJob.objects.get()
        assert (row.result_id, job.stage, job.created_by) == (job.pk, "mapping", doors.cast.ada)
    assert again.seen == [CLEAN[door.split()[0]]]
    client = Client()
    client.force_login(doors.sender(door))
    assert "the file is taken in" in client.get(f"/files/{row.pk}/").content.decode()


@pytest.mark.parametrize("door", PAGES)
def test_what_was_held_is_refused_once_something_is_found_in_it(doors, clamd, unread, door):
    clamd.mode = "garbage"
    doors.send(door, CLEAN[door.split()[0]] + EICAR)
    clamd.mode = "well"

    assert look_at_held(later()).refused == 1

    row = IncomingFile.objects.get()
    assert (row.state, row.signature, taken_in()) == ("found", SIGNATURE, 0)
    assert IncomingContent.objects.count() == 0


@pytest.mark.parametrize("door", PAGES)
def test_a_right_that_ended_while_a_file_was_held_refuses_it(doors, clamd, door):
    """ASVS 8.3.3: a job acts with the rights that its person has then."""
    clamd.mode = "garbage"
    doors.send(door)
    clamd.mode = "well"
    RoleAssignment.objects.filter(person=doors.sender(door)).update(voided=True)

    assert look_at_held(later()).refused == 1

    row = IncomingFile.objects.get()
    assert (row.state, taken_in(), IncomingContent.objects.count()) == ("refused", 0, 0)
    assert row.reason


def test_a_person_who_was_disabled_meanwhile_brings_in_nothing(doors, clamd):
    clamd.mode = "garbage"
    doors.send("plan page")
    clamd.mode = "well"
    set_active(actor=SYSTEM, user=doors.cast.piet, active=False, reason="Left")

    look_at_held(later())

    row = IncomingFile.objects.get()
    assert (row.state, taken_in()) == ("refused", 0)
    assert row.reason == "Whoever sent the file may no longer sign in."


@pytest.mark.parametrize("door", PAGES)
def test_who_must_have_a_second_factor_by_then_brings_in_nothing_without(doors, clamd, door):
    clamd.mode = "garbage"
    doors.send(door)
    clamd.mode = "well"
    office = doors.cast.office
    set_rule_of_office(actor=SYSTEM, office=office, since=clock.today(), version=None, reason="")

    assert look_at_held(later()).refused == 1

    row = IncomingFile.objects.get()
    assert (row.state, taken_in(), IncomingContent.objects.count()) == ("refused", 0, 0)
    assert "asks everybody for a second factor" in row.reason


def test_a_plan_that_came_meanwhile_is_not_overwritten_by_one_that_was_held(doors, clamd):
    clamd.mode = "garbage"
    doors.send("plan page")
    clamd.mode = "well"
    doors.send("plan api")
    version = ProjectPlan.objects.get().version

    look_at_held(later())

    row = IncomingFile.objects.get()
    assert (row.state, ProjectPlan.objects.get().version) == ("released", version)
    assert PlanArrival.objects.get().person == doors.cast.piet


def test_a_held_import_of_a_plan_that_was_changed_meanwhile_is_refused(doors, clamd):
    clamd.mode = "garbage"
    doors.send("plan api")
    clamd.mode = "well"
    doors.send("plan api")
    version = ProjectPlan.objects.get().version

    look_at_held(later())

    row = IncomingFile.objects.get()
    assert (row.state, ProjectPlan.objects.get().version) == ("refused", version)
    assert "changed by" in row.reason


def api(doors, page, data, headers=None, **form):
    who = doors.cast.piet
    _, secret = create_token(actor=who.actor(), user=who, name="t", may_write=True)
    return Client().post(
        f"/api/v1/projects/{doors.cast.harbour.pk}/{page}",
        {"file": SimpleUploadedFile("plan.csv", data), **form},
        headers={"Authorization": f"Bearer {secret}", **(headers or {})},
    )


def test_a_file_that_is_only_looked_at_is_not_held(doors, clamd):
    clamd.mode = "garbage"

    answer = api(doors, "plan/differences", QUAY.encode())

    assert (answer.status_code, answer.json()["code"]) == (503, "scanning.silent")
    assert (IncomingFile.objects.count(), taken_in()) == (0, 0)


def test_a_held_import_is_an_import_once_it_is_clean(doors, clamd):
    etag = doors.send("plan api")["ETag"]
    clamd.mode = "garbage"
    table = b"UID,What,Name of it\n2,Wet,Dig\n"
    held = api(
        doors,
        "plan",
        table,
        {"If-Match": etag},
        columns='{"What": "notes", "Name of it": "name"}',
    )
    assert held.status_code == 202
    clamd.mode = "well"

    look_at_held(later())

    assert IncomingFile.objects.get().state == "released"
    assert list(Task.objects.values_list("name", "notes")) == [("Dig", "Wet")]
    assert PlanArrival.objects.count() == 0


def test_a_held_file_that_is_no_plan_is_refused_with_the_sentence_of_the_reader(doors, clamd):
    clamd.mode = "garbage"
    doors.send("plan page", b"no plan at all")
    clamd.mode = "well"

    look_at_held(later())

    row = IncomingFile.objects.get()
    assert (row.state, taken_in()) == ("refused", 0)
    assert row.reason.endswith(".")


@pytest.mark.parametrize("door", PAGES)
def test_a_file_beyond_the_limit_of_the_scanner_is_refused_and_not_held(doors, clamd, unread, door):
    clamd.limit = 10

    assert doors.send(door).status_code == 422

    assert "larger than the scanner takes" in doors.said
    assert (taken_in(), IncomingFile.objects.count()) == (0, 0)


def test_nobody_else_sees_a_held_file_but_who_keeps_the_office(doors, clamd):
    clamd.mode = "garbage"
    doors.send("plan page")
    row = IncomingFile.objects.get()
    seen = {}
    for name, person in doors.cast.people.items():
        client = Client()
        client.force_login(person)
        lists = (
            client.get("/files/").content.decode() + client.get("/api/v1/files").content.decode()
        )
        answers = {
            client.get(f"/files/{row.pk}/").status_code,
            client.get(f"/api/v1/files/{row.pk}").status_code,
        }
        assert len(answers) == 1
        seen[name] = (answers.pop(), lists.count("quay.xml") > 0)

    assert {name for name, what in seen.items() if what == (200, True)} == {"ada", "piet"}
    assert {what for name, what in seen.items() if name not in ("ada", "piet")} == {(404, False)}


def test_a_held_file_is_withdrawn_by_its_sender_and_comes_in_no_more(doors, clamd):
    clamd.mode = "garbage"
    doors.send("plan page")
    clamd.mode = "well"
    row = IncomingFile.objects.get()
    client = Client()
    client.force_login(doors.cast.piet)
    page = client.get(f"/files/{row.pk}/").content.decode()
    assert "Withdraw and delete the file" in page

    stale = client.post(f"/files/{row.pk}/withdraw/", {"version": "9"})
    assert (stale.status_code, IncomingContent.objects.count()) == (409, 1)
    assert client.post(f"/files/{row.pk}/withdraw/", {"version": "1"}).status_code == 302

    row.refresh_from_db()
    assert (row.state, IncomingContent.objects.count()) == ("withdrawn", 0)
    again = client.post(f"/files/{row.pk}/withdraw/", {"version": str(row.version)})
    assert again.status_code == 422
    look_at_held(later())
    assert taken_in() == 0


def test_held_files_are_bounded_by_person_and_by_office(doors, clamd, monkeypatch):
    clamd.mode = "garbage"
    monkeypatch.setattr(services, "HELD_BY_PERSON", 2)
    monkeypatch.setattr(services, "HELD_BY_OFFICE", 3)
    assert [doors.send("plan page").status_code for _ in range(3)] == [302, 302, 422]
    assert "2 files of yours wait for it already; withdraw one" in doors.said
    assert [doors.send("table page").status_code for _ in range(2)] == [302, 422]
    assert "as many files of your organisation wait" in doors.said
    assert IncomingContent.objects.count() == 3

    monkeypatch.setattr(services, "HELD_BY_OFFICE", 9)
    monkeypatch.setattr(services, "HELD_BYTES_BY_OFFICE", 2 * len(QUAY) + 2 * len(TABLE) - 1)
    assert doors.send("table page").status_code == 422
    monkeypatch.setattr(services, "HELD_BYTES_BY_OFFICE", 2 * len(QUAY) + 2 * len(TABLE))
    assert doors.send("table page").status_code == 302


def test_a_silent_scanner_is_asked_once_for_all_and_ever_more_seldom(doors, clamd, settings):
    clamd.mode = "slow"
    settings.PILOTHOUSE_SCANNER = f"{clamd.place}?timeout=0.1"
    doors.send("plan page")
    doors.send("table page")
    start = IncomingFile.objects.earliest("pk").created_at
    IncomingFile.objects.update(created_at=start, next_try_at=start + timedelta(minutes=1))
    before = len(clamd.seen)
    waits = []
    now = start
    for _ in range(8):
        now = IncomingFile.objects.filter(state="held").earliest("next_try_at").next_try_at
        look_at_held(now)
        waits.append(
            (IncomingFile.objects.earliest("next_try_at").next_try_at - now).total_seconds()
        )

    assert len(clamd.seen) - before == 8
    assert waits[:2] == [60, 60]
    assert waits == sorted(waits) and waits[-1] > 60
    look_at_held(start + timedelta(days=1))
    following = IncomingFile.objects.earliest("next_try_at").next_try_at
    assert following - (start + timedelta(days=1)) == timedelta(minutes=15)


def test_one_file_without_a_verdict_does_not_keep_others_waiting(doors, clamd, monkeypatch):
    clamd.mode = "garbage"
    doors.send("plan page")
    doors.send("table page")
    real = services.examine

    def examine(data):
        if data == QUAY.encode():
            raise services.Unanswered("gave no verdict (nothing)")
        return real(data)

    monkeypatch.setattr(services, "examine", examine)
    clamd.mode = "well"

    told = look_at_held(later())

    assert (told.released, told.waiting) == (1, 1)
    assert ImportJob.objects.count() == 1


def test_a_held_file_is_taken_up_by_the_jobs(doors, clamd):
    clamd.mode = "garbage"
    doors.send("table page")
    clamd.mode = "well"
    job = Job.objects.get(name="scanning.look")
    assert timedelta(0) < job.run_at - timezone.now() <= timedelta(minutes=2)
    IncomingFile.objects.update(next_try_at=timezone.now())
    Job.objects.filter(pk=job.pk).update(run_at=timezone.now())

    runner = Runner()
    while runner.step():
        pass

    assert IncomingFile.objects.get().state == "released"
    assert not Job.objects.filter(name="scanning.look", state="queued").exists()


def test_a_released_file_ends_on_the_plan_of_its_project(doors, clamd):
    clamd.mode = "garbage"
    doors.send("plan page")
    client = Client()
    client.force_login(doors.cast.piet)
    page = client.get(f"/plans/{doors.cast.harbour.pk}/import/").content.decode()
    assert "quay.xml waits for the scanner since" in page
    clamd.mode = "well"
    look_at_held(later())

    row = IncomingFile.objects.get()
    shown = client.get(f"/files/{row.pk}/").content.decode()
    assert f"/plans/{doors.cast.harbour.pk}/reconciliation/" in shown
    assert PlanEvent.objects.get().file_name == "quay.xml"
    page = client.get(f"/plans/{doors.cast.harbour.pk}/import/").content.decode()
    assert "waits for the scanner" not in page


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.django_db(transaction=True)
def test_a_kill_between_row_and_file_leaves_neither(doors, clamd, monkeypatch):
    """R14: no row without its file, no file without its row."""
    clamd.mode = "garbage"

    def killed(**values):
        raise Killed

    monkeypatch.setattr(IncomingContent.objects, "create", killed)
    with pytest.raises(Killed):
        doors.send("plan page")

    assert (IncomingFile.objects.count(), IncomingContent.objects.count()) == (0, 0)
    assert not Job.objects.filter(name="scanning.look").exists()
    assert not AuditEvent.objects.filter(action="file.held").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("door", ["plan page", "table page"])
def test_a_kill_while_a_file_is_released_leaves_it_held_and_it_comes_in_once(
    doors, clamd, monkeypatch, door
):
    clamd.mode = "garbage"
    doors.send(door)
    clamd.mode = "well"
    real = services._end

    def killed(*args, **values):
        real(*args, **values)
        raise Killed

    monkeypatch.setattr(services, "_end", killed)
    with pytest.raises(Killed):
        look_at_held(later())
    assert (taken_in(), IncomingFile.objects.get().state) == (0, "held")
    assert IncomingContent.objects.count() == 1

    monkeypatch.setattr(services, "_end", real)
    look_at_held(later(60))
    look_at_held(later(120))
    assert (taken_in(), IncomingFile.objects.get().state) == (1, "released")


def test_a_withdrawal_that_comes_first_wins_over_the_release(doors, clamd, monkeypatch):
    clamd.mode = "garbage"
    doors.send("plan page")
    clamd.mode = "well"
    row = IncomingFile.objects.get()
    real = services.examine

    def examine(data):
        services.withdraw(actor=doors.cast.piet.actor(), file_id=row.pk, version=None)
        return real(data)

    monkeypatch.setattr(services, "examine", examine)
    told = look_at_held(later())

    row.refresh_from_db()
    assert (told.released, row.state, taken_in()) == (0, "withdrawn", 0)


@pytest.mark.parametrize("door", PAGES)
def test_of_two_workers_that_look_at_a_file_one_takes_it_in(doors, clamd, monkeypatch, door):
    """The second has its verdict when the first is done."""
    clamd.mode = "garbage"
    doors.send(door)
    clamd.mode = "well"
    real = services.examine

    def examine(data):
        monkeypatch.setattr(services, "examine", real)
        # An hour on, it is due again.
        assert look_at_held(later(80)).released == 1
        return real(data)

    monkeypatch.setattr(services, "examine", examine)
    told = look_at_held(later())

    row = IncomingFile.objects.get()
    assert (told.released, told.refused, row.state, taken_in()) == (0, 0, "released", 1)
    assert AuditEvent.objects.filter(action__startswith="file.").count() == 2


def test_what_was_stored_before_there_was_a_scanner_is_looked_at_by_command(
    doors, clamd, settings, capsys
):
    settings.PILOTHOUSE_SCANNER = ""
    cast = doors.cast
    for name, data in (("good.csv", TABLE), ("bad.csv", TABLE + b"P-10," + EICAR + b"\n")):
        start_import(actor=cast.ada.actor(), office=cast.office, file_name=name, data=data)
    assert cli.main(["scan"]) == 1
    assert "No scanner is set." in capsys.readouterr().err
    settings.PILOTHOUSE_SCANNER = clamd.address

    assert cli.main(["scan"]) == 1

    told = capsys.readouterr()
    assert "2 stored files were looked at, 1 refused." in told.out
    assert f"bad.csv: {SIGNATURE}: its import is ended" in told.err
    good, bad = ImportJob.objects.order_by("pk")
    assert (good.stage, bad.stage) == ("mapping", "discarded")
    assert list(ImportFile.objects.values_list("job", flat=True)) == [good.pk]
    assert not ImportRow.objects.filter(job=bad).exists()
    row = IncomingFile.objects.get()
    assert (row.state, row.file_name, row.created_by) == ("found", "bad.csv", cast.ada)
    assert cli.main(["scan"]) == 0
    away(clamd, "down")
    assert cli.main(["scan"]) == 2
    assert ImportFile.objects.count() == 1


def test_an_import_that_was_applied_while_its_file_was_looked_at_stays_so(
    doors, clamd, settings, monkeypatch, capsys
):
    settings.PILOTHOUSE_SCANNER = ""
    ada = doors.cast.ada.actor()
    data = TABLE + b"P-10," + EICAR + b"\n"
    job = start_import(actor=ada, office=doors.cast.office, file_name="bad.csv", data=data)
    settings.PILOTHOUSE_SCANNER = clamd.address
    real = services.examine

    def examine(data):
        seen = ImportJob.objects.get()
        seen = check_import(
            actor=ada, job_id=seen.pk, version=seen.version, reading=reading_of(seen)
        )
        apply_import(actor=ada, job_id=seen.pk, version=seen.version)
        return real(data)

    monkeypatch.setattr(stored, "examine", examine)

    assert cli.main(["scan"]) == 1

    assert f"bad.csv: {SIGNATURE}: applied meanwhile" in capsys.readouterr().err
    job.refresh_from_db()
    assert (job.stage, ImportRow.objects.filter(job=job).count()) == ("applied", 2)
    assert IncomingFile.objects.get().state == "found"
    undo_import(actor=ada, job_id=job.pk, version=job.version)


def test_without_a_scanner_files_come_in_and_nothing_is_held(doors, settings):
    settings.PILOTHOUSE_SCANNER = ""

    assert [doors.send(door) if door in COMMANDS else 0 for door in DOORS] == [0] * len(DOORS)
    assert IncomingFile.objects.count() == 0


def test_the_check_says_how_the_scanner_is_and_what_waits_for_it(doors, clamd, settings):
    assert list(doctor.scanner()) == [("ok", "scanner", "ClamAV 0.0.0/stub answers")]
    away(clamd, "down")
    doors.send("plan page")
    ((level, _, said),) = doctor.scanner()
    assert (level, "cannot be reached" in said, "1 held file waits" in said) == (
        "warning",
        True,
        True,
    )
    settings.PILOTHOUSE_SCANNER = ""
    assert [level for level, _, _ in doctor.scanner()] == ["warning"]
    IncomingFile.objects.all().delete()
    assert list(doctor.scanner()) == [
        ("ok", "scanner", "none is set, files are taken in as they are")
    ]
    assert Client().get("/healthz").json().keys() == {"status", "database", "migrations", "jobs"}


def test_held_tables_cost_the_list_of_imports_one_query_and_nothing_without_a_scanner(
    doors, clamd, settings, django_assert_num_queries
):
    clamd.mode = "garbage"
    client = Client()
    client.force_login(doors.cast.ada)
    client.get("/imports/")
    for _ in range(3):
        doors.send("table page")
    with django_assert_num_queries(12):
        page = client.get("/imports/").content.decode()
    assert page.count("waits for the scanner since") == 3
    settings.PILOTHOUSE_SCANNER = ""
    with django_assert_num_queries(11):
        page = client.get("/imports/").content.decode()
    assert "waits for the scanner" not in page


def test_the_list_of_files_needs_the_same_queries_whatever_its_size(
    doors, clamd, django_assert_num_queries
):
    clamd.mode = "garbage"
    client = Client()
    client.force_login(doors.cast.ada)
    client.get("/files/")
    for number in range(4):
        doors.send("plan page", name=f"quay{number}.xml")
        if number in (0, 3):
            with django_assert_num_queries(7):
                assert client.get("/files/").status_code == 200
