# SPDX-License-Identifier: Apache-2.0
"""Each audit event gets its place in the chain with the commit of its transaction."""

import threading
from hashlib import sha256
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection, connections, transaction
from django.db.backends.sqlite3 import base
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.committing import committing
from pilothouse.foundation.core.errors import Conflict
from pilothouse.foundation.core.models import AuditEvent, AuditHead, AuditSeal, Installation
from pilothouse.foundation.core.services import record, record_many
from pilothouse.foundation.core.trail import heads, sealing
from pilothouse.foundation.core.trail.contents import FIELDS, content_of, seal_of

SYSTEM = Actor.system("test")
on_commits = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_folder(tmp_path, settings):
    settings.PILOTHOUSE_DATA_DIR = tmp_path


def tell(label: str) -> None:
    record(actor=SYSTEM, action="test.tell", obj=Installation(pk=1), after={"label": label})


def many(number: int) -> list[AuditEvent]:
    return [
        AuditEvent(
            actor_label="system: test",
            channel="job",
            action="test.many",
            object_type="installation",
            object_id=index,
            object_label="Installation",
            after={"number": index, "text": "é" * (index % 7)},
        )
        for index in range(number)
    ]


def said() -> list[str]:
    """What the events in the chain say, in its order; each seal is the right one."""
    head = AuditHead.objects.get(pk=1)
    before, found = head.trail, []
    for number, row in enumerate(AuditSeal.objects.all(), start=1):
        values = AuditEvent.objects.values_list(*FIELDS).get(pk=row.event_id)
        assert (row.position, row.content) == (number, content_of(values))
        before = seal_of(before, number, row.content)
        assert row.seal == before
        found.append(values[FIELDS.index("after")].get("label"))
    assert (head.position, head.seal) == (len(found), before)
    return found


@on_commits
def test_a_commit_seals_what_its_transaction_recorded_and_keeps_the_end_outside():
    with transaction.atomic():
        tell("one")
        assert not AuditSeal.objects.exists()
        with transaction.atomic(durable=False):
            tell("two")
    with transaction.atomic(durable=True):
        tell("three")

    assert said() == ["one", "two", "three"]
    head = AuditHead.objects.get(pk=1)
    assert (heads.folder() / f"{head.trail}.txt").read_text() == f"3:{head.seal}\n"


def test_a_seal_is_a_digest_of_the_one_before_the_place_and_the_content():
    assert seal_of("a" * 64, 7, "b" * 64) == sha256(f"{'a' * 64}:7:{'b' * 64}".encode()).hexdigest()


@on_commits
def test_what_is_rolled_back_leaves_no_seal():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        tell("never")
        raise ZeroDivisionError
    with transaction.atomic():
        tell("kept")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            tell("taken back")
            raise ZeroDivisionError
    with transaction.atomic(), pytest.raises(ZeroDivisionError), transaction.atomic():
        tell("taken back alone")
        raise ZeroDivisionError

    assert said() == ["kept"]
    assert AuditEvent.objects.count() == 1


@on_commits
def test_an_event_is_not_recorded_outside_a_transaction():
    with pytest.raises(TransactionManagementError):
        tell("alone")
    with pytest.raises(TransactionManagementError):
        record_many(many(2))

    assert not AuditEvent.objects.exists()


@on_commits
def test_a_transaction_without_events_pays_nothing():
    with (
        CaptureQueriesContext(
            connection,
        ) as asked,
        transaction.atomic(),
    ):
        Installation.objects.filter(pk=1).update(time_zone="UTC")

    assert [row["sql"].split()[0] for row in asked] == ["BEGIN", "UPDATE", "COMMIT"]


@on_commits
def test_ten_thousand_events_cost_few_statements():
    with CaptureQueriesContext(connection) as asked, transaction.atomic():
        record_many(many(10_000))

    recording = [row for row in asked if row["sql"].startswith('INSERT INTO "core_auditevent"')]
    assert AuditHead.objects.get(pk=1).position == 10_000
    # Read again by 500, sealed by as many as a statement of SQLite takes, and five for the end.
    assert len(asked) - len(recording) <= 20 + 51 + 2 + 8


@on_commits
def test_what_the_database_makes_of_values_is_sealed():
    user = get_user_model().objects.create(email="ada@example.org", full_name="Ada")
    with transaction.atomic():
        record(
            actor=Actor(user.pk, "Ada ‘x’ \u202e", "web", on_behalf_of=user.pk),
            action="test.values",
            obj=user,
            before={"z": 1.0, "a": [1, None, {"b": "ü", "a": 2.5e20}], "m": -0.0},
            after={"text": '\n\t"quoted" \U0001f600'},
            reason="Because\r\n",
        )

    assert said() == [None]


@on_commits
def test_a_failed_end_takes_the_change_back_and_says_what_to_do():
    with transaction.atomic():
        tell("one")
        tell("two")
    AuditHead.objects.update(position=1)

    with pytest.raises(Conflict, match="audit verify"), transaction.atomic():
        Installation.objects.create(pk=1)
        tell("three")

    assert not Installation.objects.exists()
    assert AuditEvent.objects.count() == 2
    AuditHead.objects.all().delete()
    with pytest.raises(Conflict, match="audit verify"), transaction.atomic():
        tell("three")
    assert AuditEvent.objects.count() == 2


@on_commits
def test_whatever_goes_wrong_before_the_commit_takes_the_change_back(monkeypatch):
    def fail(values):
        raise ZeroDivisionError

    monkeypatch.setattr(sealing, "content_of", fail)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        tell("one")

    assert not AuditEvent.objects.exists()
    monkeypatch.undo()
    with transaction.atomic():
        tell("two")
    assert said() == ["two"]


@on_commits
def test_a_connection_that_is_closed_forgets_what_it_was_to_seal():
    with transaction.atomic():
        tell("lost")
        connection.close()
    with transaction.atomic():
        tell("kept")

    assert said() == ["kept"]


@on_commits
def test_many_at_once_make_one_chain():
    """Threads write side by side, on rows that wait for each other too."""
    failed = []
    start = threading.Barrier(6)

    def work(name: int) -> None:
        try:
            start.wait()
            for number in range(15):
                with transaction.atomic():
                    tell(f"{name}.{number}")
                    if number % 3 == 0:
                        tell(f"{name}.{number} again")
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    found = said()
    assert len(found) == len(set(found)) == 6 * 20
    for name in range(6):
        own = [label for label in found if label.startswith(f"{name}.")]
        assert own == sorted(own, key=lambda label: int(label.split(".")[1].split()[0]))
    head = AuditHead.objects.get(pk=1)
    assert heads.kept() == {head.trail: heads.parsed(f"120:{head.seal}", head.trail)}


@on_commits
def test_foreign_keys_are_looked_at_before_the_end_of_the_chain_is_held():
    """A commit that held the end would wait for a row that another has locked, who waits for it."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    user = get_user_model().objects.create(email="ada@example.org", full_name="Ada")
    failed = []
    locked, goes_on = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                get_user_model().objects.select_for_update().get(pk=user.pk)
                tell("holder")
                locked.set()
                goes_on.wait(10)
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    def refer() -> None:
        try:
            with transaction.atomic():
                record(actor=Actor(user.pk, "Ada"), action="test.refer", obj=user)
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    holder, referrer = threading.Thread(target=hold), threading.Thread(target=refer)
    holder.start()
    assert locked.wait(10)
    referrer.start()
    referrer.join(0.5)
    goes_on.set()
    holder.join()
    referrer.join()

    assert failed == []
    assert len(said()) == 2


@on_commits
def test_a_folder_that_cannot_be_written_loses_no_change(tmp_path, caplog):
    (tmp_path / "audit-heads").write_text("in the way")

    with transaction.atomic():
        tell("one")

    assert said() == ["one"]
    assert "audit.head_not_kept" in caplog.text


@on_commits
def test_a_head_is_kept_in_the_folder_under_the_name_of_a_trail_alone(tmp_path, caplog):
    """Whoever operates the database must not write where the server may."""
    with transaction.atomic():
        tell("one")
    AuditHead.objects.update(trail="../../stray")
    with transaction.atomic():
        tell("two")

    assert not (tmp_path.parent / "stray.txt").exists()
    assert len(heads.kept()) == 1
    assert "audit.head_not_kept" in caplog.text


@on_commits
def test_nobody_else_opens_a_kept_head(tmp_path):
    """Whoever can read a file can lock it, and every change would wait for that."""
    with transaction.atomic():
        tell("one")

    assert [path.stat().st_mode & 0o077 for path in heads.folder().iterdir()] == [0]


@on_commits
def test_a_kept_head_gives_way_only_to_what_came_after_it():
    with transaction.atomic():
        tell("one")
    trail = AuditHead.objects.get(pk=1).trail
    path = heads.folder() / f"{trail}.txt"
    path.write_text(f"1:{'0' * 64}\n")
    with transaction.atomic():
        tell("two")
    assert path.read_text() == f"1:{'0' * 64}\n"

    # Another process kept an earlier one of the same chain.
    path.write_text(f"{AuditSeal.objects.get(pk=1)}\n")
    with transaction.atomic():
        tell("three")
    assert path.read_text() == f"{AuditSeal.objects.get(pk=3)}\n"

    path.write_text(f"9:{'0' * 64}\n")
    with transaction.atomic():
        tell("four")
    assert path.read_text() == f"9:{'0' * 64}\n"


@pytest.mark.django_db
def test_a_test_seals_without_a_commit():
    tell("one")
    sealing.seal_events()

    assert said() == ["one"]
    sealing.seal_events()
    assert said() == ["one"]
    assert not Path(heads.folder()).exists()


def test_an_engine_that_seals_nothing_is_refused(monkeypatch):
    plain = base.DatabaseWrapper({"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"})
    monkeypatch.setattr("pilothouse.foundation.core.committing.connections", {"default": plain})

    with pytest.raises(ImproperlyConfigured, match="does not seal"):
        committing()


@on_commits
def test_what_the_commit_itself_refuses_leaves_nothing():
    """A foreign key without a row is found before the chain is touched."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite looks at foreign keys within the commit, which then fails as a whole")
    with pytest.raises(IntegrityError), transaction.atomic():
        record(actor=Actor(999_999, "Nobody"), action="test.nobody", obj=Installation(pk=1))

    assert not AuditEvent.objects.exists()
    assert not AuditSeal.objects.exists()
