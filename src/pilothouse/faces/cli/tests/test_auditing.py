# SPDX-License-Identifier: Apache-2.0
"""``pilothouse audit``, and what check, the hourly job and a fresh demo make of the trail."""

import json

import pytest
from django.db import DatabaseError, transaction

from pilothouse.config.schedule import SCHEDULE
from pilothouse.faces.cli import main as cli
from pilothouse.faces.cli.demo import command as demo
from pilothouse.faces.cli.doctor import audit_trail
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.jobs import Work
from pilothouse.foundation.core.models import AuditEvent, AuditHead, AuditSeal, Installation
from pilothouse.foundation.core.services import record
from pilothouse.foundation.core.tasks import tell_head
from pilothouse.foundation.core.trail import heads

commits = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_folder(tmp_path, settings):
    settings.PILOTHOUSE_DATA_DIR = tmp_path


def tell(number: int) -> None:
    with transaction.atomic():
        record(
            actor=Actor.system("test"),
            action="test.tell",
            obj=Installation(pk=1),
            after={"number": number},
        )


def run(*words):
    return cli.main(("audit", *words))


@commits
def test_the_end_is_printed_and_a_whole_trail_is_said_to_be_whole(capsys):
    assert run("verify") == 0
    assert capsys.readouterr().out == "Nothing is recorded yet.\n"
    assert run("head") == 1
    assert "no audit trail yet" in capsys.readouterr().err
    for number in range(3):
        tell(number)

    assert run("head") == 0
    head = capsys.readouterr().out.strip()
    assert head == f"3:{AuditHead.objects.get(pk=1).seal}"
    assert run("verify", "--head", head, "--head", f"1:{AuditSeal.objects.get(pk=1).seal}") == 0
    assert capsys.readouterr().out == (
        "The audit trail is whole: 3 events, and the seals of 0 that have retired. "
        f"It ends at {head}.\n"
    )


@commits
def test_each_place_is_named_and_the_exit_code_is_1(capsys):
    for number in range(3):
        tell(number)
    key = AuditSeal.objects.get(pk=2).event_id
    AuditEvent.objects.filter(pk=key).update(reason="Another")

    assert run("verify", "--head", f"2:{'0' * 64}") == 1

    said = capsys.readouterr().out.splitlines()
    assert len(said) == 3
    assert said[0].startswith(f"Event {key}, position 2, installation ‘Installation’")
    assert said[0].endswith("its contents differ from its seal.")
    assert said[1] == "Position 2: its seal is not the one of the head kept in --head."
    assert said[2] == "The audit trail is not as it was sealed: 2 places."
    assert run("verify", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "pilothouse.audit/1"
    assert (told["events"], told["retired"], told["head"][:2]) == (3, 0, "3:")
    assert told["findings"] == [{"says": said[0], "position": 2, "event": key}]


@commits
def test_a_trail_that_cannot_be_looked_at_is_2(capsys, monkeypatch):
    def fail(self):
        raise DatabaseError("no such table")

    monkeypatch.setattr("pilothouse.foundation.core.trail.verifying.Verification.findings", fail)

    assert run("verify") == 2
    assert "cannot be looked at (no such table)" in capsys.readouterr().err


@pytest.mark.parametrize("head", ["", "12", "x:" + "0" * 64, "1:abc", "-1:" + "0" * 64])
def test_what_is_no_head_is_a_wrong_call(head, capsys):
    with pytest.raises(SystemExit) as stopped:
        run("verify", f"--head={head}")

    assert stopped.value.code == 2
    assert "is no end of a trail; write POSITION:SEAL" in capsys.readouterr().err


@commits
def test_an_older_backup_is_seen_by_check_and_accepted_with_a_reason(capsys):
    tell(1)
    trail = AuditHead.objects.get(pk=1).trail
    assert list(audit_trail()) == [
        ("ok", "audit trail", "it ends where the head that is kept outside says")
    ]
    (heads.folder() / f"{trail}.txt").write_text(f"9:{'0' * 64}\n")
    tell(2)

    [(level, _, sentence)] = audit_trail()
    assert level == "error"
    assert sentence.startswith(f"The trail ends at 2, the head kept in {trail}.txt stands at 9.")
    assert "pilothouse audit accept" in sentence
    assert run("accept", "--reason", " ") == 1
    assert run("accept", "--reason", "Monday’s backup was restored.") == 0
    assert capsys.readouterr().out.startswith("The trail goes on at 3:")
    assert [row[0] for row in audit_trail()] == ["ok"]
    assert run("verify") == 0
    assert AuditEvent.objects.get(action="audit.accept").before["kept"] == {trail: f"9:{'0' * 64}"}


@commits
def test_a_kept_head_that_cannot_be_read_is_a_warning():
    tell(1)
    path = next(heads.folder().glob("*.txt"))
    path.unlink()
    path.mkdir()

    assert [row[0] for row in audit_trail()] == ["warning"]
    assert run("verify") == 2


@commits
def test_every_hour_the_end_is_told_in_the_security_log(caplog):
    assert tell_head(Work(1, {})) == "Nothing is recorded yet."
    tell(1)
    head = AuditHead.objects.get(pk=1)

    assert tell_head(Work(1, {})) == "The audit trail ends at 1."
    told = {
        record.getMessage(): record.fields
        for record in caplog.records
        if record.name == "pilothouse.security"
    }
    assert told == {"audit.head": {"trail": head.trail, "position": 1, "seal": head.seal}}

    AuditHead.objects.update(seal="0" * 64)
    tell_head(Work(1, {}))
    assert [row.getMessage() for row in caplog.records][-1] == "audit.disagrees"
    due = {row.name: row.every for row in SCHEDULE.periodic}
    assert due["core.tell_head"].total_seconds() == 3600


@commits
def test_a_demo_that_is_thrown_away_leaves_no_head(monkeypatch, settings, tmp_path):
    """What is loaded afresh begins a trail of its own."""
    tell(1)
    old = AuditHead.objects.get(pk=1).trail
    settings.STATIC_ROOT = tmp_path / "static"
    monkeypatch.setattr(demo, "load", lambda: tell(2))
    monkeypatch.setattr(demo, "collect_static", lambda: None)

    assert cli.main(("demo", "--reset")) == 0

    new = AuditHead.objects.get(pk=1)
    assert (new.position, list(heads.kept())) == (1, [new.trail])
    assert new.trail != old
