# SPDX-License-Identifier: Apache-2.0
"""Whatever is changed in the audit trail by SQL is found, with its place."""

import random
import threading
from functools import cache

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections, transaction

from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.models import AuditEvent, AuditHead, AuditSeal, Installation
from pilothouse.foundation.core.services import record
from pilothouse.foundation.core.trail import heads, sealing, verifying
from pilothouse.foundation.core.trail.contents import FIELDS, Head, content_of, seal_of
from pilothouse.foundation.core.trail.services import accept_trail, retire_events
from pilothouse.foundation.core.trail.verifying import (
    KeptHead,
    Link,
    Verification,
    Walk,
    disagreements,
)

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")
TIMES = 10_000 if connection.vendor == "sqlite" else 400
NOT_THERE = (None, None)
OF_SEALS = ("position", "event_id", "content", "seal", "retirement")


@pytest.fixture(autouse=True)
def own_folder(tmp_path, settings):
    settings.PILOTHOUSE_DATA_DIR = tmp_path


def tell(number: int, action: str = "test.tell") -> None:
    record(
        actor=SYSTEM,
        action=action,
        obj=Installation(pk=1),
        before={"number": number - 1},
        after={"number": number, "text": "é" * (number % 5)},
        reason=f"Reason {number}",
        office_id=number % 3,
    )


@pytest.fixture
def trail():
    """Fifty events, of which a rule has retired ten."""
    for number in range(50):
        tell(number, "test.old" if number % 5 == 0 else "test.tell")
    sealing.seal_events()
    retire_events(
        actor=SYSTEM, events=AuditEvent.objects.filter(action="test.old"), reason="A rule."
    )
    tell(50)
    sealing.seal_events()


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            cursor.execute(statement, values)
            return
        # Whoever operates a database is not bound by what its columns check.
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        cursor.execute(statement, values)
        cursor.execute("PRAGMA ignore_check_constraints = OFF")


def found(*given: KeptHead) -> list[verifying.Finding]:
    return list(Verification(given).findings())


def says(*given: KeptHead) -> list[str]:
    return [row.says for row in found(*given)]


def end() -> Head:
    row = AuditHead.objects.get(pk=1)
    return Head(row.trail, row.position, row.seal)


def test_a_sound_trail_has_nothing_to_find(trail):
    walk = Verification([KeptHead("a safe", end())])

    assert list(walk.findings()) == []
    assert (walk.events, walk.retired, walk.end) == (42, 10, end())
    assert disagreements() == []


def test_where_nothing_was_recorded_there_is_nothing_to_find():
    assert found() == disagreements() == []


def event_at(position: int) -> int:
    return AuditSeal.objects.get(pk=position).event_id


def test_an_edited_event_is_named(trail):
    row = AuditEvent.objects.get(pk=event_at(12))
    sql("UPDATE core_auditevent SET reason = 'Another' WHERE id = %s", row.pk)

    assert says() == [
        f"Event {row.pk}, position 12, installation ‘Installation’ (test.tell), "
        f"{row.at:%Y-%m-%d %H:%M} UTC: its contents differ from its seal."
    ]
    assert [(f.position, f.event) for f in found()] == [(12, row.pk)]


def test_a_deleted_event_is_named(trail):
    key = event_at(12)
    sql("DELETE FROM core_auditevent WHERE id = %s", key)

    assert says() == [f"Event {key}, position 12: it is gone."]


def test_deleted_events_with_their_seals_leave_a_gap(trail):
    sql("DELETE FROM core_auditevent WHERE id = %s OR id = %s", event_at(37), event_at(38))
    sql("DELETE FROM core_auditseal WHERE position IN (37, 38)")
    assert says() == ["Positions 37 to 38 are missing."]

    sql("DELETE FROM core_auditseal WHERE position = 12")
    assert says()[0] == "Position 12 is missing."


def test_a_cut_off_end_is_told_by_the_head_and_by_what_is_kept_outside(trail):
    heads.start_anew(end())
    kept = end()
    sql("DELETE FROM core_auditevent WHERE id >= %s", event_at(52))
    sql("DELETE FROM core_auditseal WHERE position >= 52")
    assert says()[0] == "The trail ends at 51, its head says 52, or another seal."

    sql(
        "UPDATE core_audithead SET position = 51, seal = %s",
        AuditSeal.objects.get(pk=51).seal,
    )
    outside = [
        f"The trail ends at 51, the head kept in {kept.trail}.txt stands at 52.",
        "The trail ends at 51, the head kept in a safe stands at 52.",
    ]
    assert says(KeptHead("a safe", kept)) == outside
    assert [row.says for row in disagreements()] == outside[:1]


def test_a_trail_written_anew_is_told_by_a_kept_head_alone(trail):
    kept = Head(end().trail, 30, AuditSeal.objects.get(pk=30).seal)
    sql("UPDATE core_auditevent SET reason = 'Another' WHERE id = %s", event_at(12))
    before = end().trail
    for row in AuditSeal.objects.all():
        values = AuditEvent.objects.values_list(*FIELDS).filter(pk=row.event_id).first()
        content = row.content if values is None else content_of(values)
        before = seal_of(before, row.position, content)
        AuditSeal.objects.filter(pk=row.pk).update(content=content, seal=before)
    AuditHead.objects.update(seal=before)

    # The digest over what was retired is not what it was either.
    assert len(found()) == 1
    assert "Position 30: its seal is not the one of the head kept in a safe." in says(
        KeptHead("a safe", kept)
    )


def test_a_retirement_that_nothing_tells_of_is_found(trail):
    key = event_at(12)
    sql("DELETE FROM core_auditevent WHERE id = %s", key)
    sql("UPDATE core_auditseal SET retirement = 'forged' WHERE position = 12")
    assert says() == [
        "Positions 12 to 12: 1 events are marked as retired by the run forged, of which no "
        "event before or after tells."
    ]

    run = AuditEvent.objects.get(action="audit.retire").after["retirement"]
    sql("UPDATE core_auditseal SET retirement = %s WHERE position = 12", run)
    assert len(says()) == 1
    assert "tells of 10 retired events from 1 to 46, but 11 from 1 to 46 are marked" in says()[0]


def test_a_value_that_its_column_does_not_hold_is_named(trail):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps such a value out")
    keys = [event_at(12), event_at(13), event_at(14)]
    sql("UPDATE core_auditevent SET at = 'yesterday' WHERE id = %s", keys[0])
    sql("UPDATE core_auditevent SET channel = x'00ff' WHERE id = %s", keys[1])
    sql("UPDATE core_auditevent SET at = '2026-13-45 00:00' WHERE id = %s", keys[2])

    assert says() == [
        f"Event {key}, position {place}: its contents cannot be read."
        for place, key in enumerate(keys, start=12)
    ]


OF_EVENT, OF_SEAL = "UPDATE core_auditevent SET ", "UPDATE core_auditseal SET "
HIDING = {
    "text that is no UTF-8": (
        OF_EVENT + "object_label = CAST(x'ff' AS TEXT) WHERE id = %s",
        ["installation ‘\ufffd’ (test.tell)", "its contents differ from its seal."],
    ),
    "JSON without end": (
        OF_EVENT + f"before = '{'[' * 50_000}{']' * 50_000}' WHERE id = %s",
        ["position 12: its contents cannot be read."],
    ),
    "a position in words": (
        OF_SEAL + "position = 'twelve' WHERE event_id = %s",
        ["Position 12 is missing.", "position twelve", "there is no such position."],
    ),
    "a position of bytes": (
        OF_SEAL + "position = x'00' WHERE event_id = %s",
        ["Position 12 is missing.", "there is no such position."],
    ),
    "a position between two": (
        OF_SEAL + "position = 12.5 WHERE event_id = %s",
        ["Position 12 is missing.", "position 12.5", "there is no such position."],
    ),
    "a seal that is no UTF-8": (
        OF_SEAL + "seal = CAST(x'ff' AS TEXT) WHERE event_id = %s",
        ["position 12,", "position 13,", "its seal does not follow from the one before."],
    ),
    "a retirement that is no UTF-8": (
        OF_SEAL + "retirement = CAST(x'ff' AS TEXT) WHERE event_id = %s",
        ["it is marked as retired and still there.", "by the run \ufffd"],
    ),
}
"""What a walk may stumble over, so that it would not get to what was changed further on."""


@pytest.mark.parametrize("kind", HIDING)
def test_nothing_in_the_database_keeps_a_walk_from_what_follows(trail, kind):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps such a value out")
    statement, named = HIDING[kind]
    sql(statement, event_at(12))
    sql("UPDATE core_auditevent SET reason = 'Another' WHERE id = %s", event_at(33))

    told = "\n".join(says())
    for part in [*named, "position 33, installation", "its contents differ from its seal."]:
        assert part in told
    places = {type(place) for row in found() for place in (row.position, row.event)}
    assert places <= {int, type(None)}
    assert connection.connection.text_factory is str


def test_json_that_is_nested_too_deep_hides_nothing(trail):
    deep = "[" * 1500 + "]" * 1500
    sql("UPDATE core_auditevent SET before = %s WHERE id = %s", deep, event_at(12))
    sql("UPDATE core_auditevent SET reason = 'Another' WHERE id = %s", event_at(33))

    assert [row.position for row in found()] == [12, 33]


def test_a_head_that_is_no_text_is_told(trail):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps such a value out")
    sql("UPDATE core_audithead SET trail = CAST(x'ff' AS TEXT)")

    assert found()[0].position == 1
    assert disagreements() == []


def test_what_it_says_is_one_line_though_a_name_has_more(trail):
    name = "Port\n\x1b[2JThe audit trail is whole: 52 events\u202e"
    sql("UPDATE core_auditevent SET object_label = %s WHERE id = %s", name, event_at(12))

    assert len(says()) == 1
    assert says()[0].isprintable()


@pytest.mark.django_db(transaction=True)
def test_a_change_that_comes_between_is_no_disagreement(monkeypatch, tmp_path):
    """The end and the head are read one after the other; others go on meanwhile."""
    with transaction.atomic():
        tell(1)
    read = verifying.end_of_trail

    def slowly():
        end = read()
        other = threading.Thread(target=another)
        other.start()
        other.join()
        return end

    def another():
        with transaction.atomic():
            tell(2)
        connections.close_all()

    monkeypatch.setattr(verifying, "end_of_trail", slowly)

    assert disagreements() == []
    assert AuditHead.objects.get().position == 2


def test_heads_of_other_trails_and_spoiled_files_are_told(trail):
    heads.start_anew(end())
    (heads.folder() / "other.txt").write_text(f"3:{'0' * 64}\n")
    (heads.folder() / "spoiled.txt").write_bytes(b"\xff\xfe and so on")
    (heads.folder() / "empty.txt").write_text("")

    assert (
        says()
        == [row.says for row in disagreements()]
        == [
            "The head kept in other.txt is of another trail, which is not here.",
            "The file spoiled.txt holds no head.",
        ]
    )


def test_a_head_that_is_gone_or_wrong_is_told(trail):
    AuditHead.objects.update(seal="0" * 64)
    assert says() == ["The trail ends at 52, its head says 52, or another seal."]
    assert [row.says for row in disagreements()] == [
        "The trail ends at 52, and its head says otherwise."
    ]
    AuditHead.objects.all().delete()
    assert says() == ["The row of the trail's head is missing."]
    assert len(disagreements()) == 1


def test_what_was_restored_is_accepted_with_a_reason(trail, django_capture_on_commit_callbacks):
    heads.start_anew(Head(end().trail, 900, "0" * 64))
    (heads.folder() / "other.txt").write_text(f"3:{'0' * 64}\n")
    AuditHead.objects.all().delete()

    with django_capture_on_commit_callbacks(execute=True):
        accept_trail(actor=SYSTEM, reason="The backup of Monday was restored.")
        sealing.seal_events()

    assert found() == disagreements() == []
    assert heads.kept() == {end().trail: end()}
    assert end().position == 53
    told = AuditEvent.objects.get(action="audit.accept")
    assert told.reason == "The backup of Monday was restored."
    assert told.before["head"] == "none"
    assert told.before["kept"] == {end().trail: f"900:{'0' * 64}", "other": f"3:{'0' * 64}"}


# ---- ten thousand times, at random ----


class Tampering:
    """One random change of the trail by SQL; says at which positions it must be found."""

    def __init__(self, dice: random.Random, links: list[Link]) -> None:
        self.dice = dice
        self.links = links
        self.whole = [link for link in links if not link.retirement]
        self.kinds = [name for name in dir(self) if name.startswith("by_")]

    def one(self) -> tuple[str, set[int]]:
        name = self.dice.choice(self.kinds)
        return name, getattr(self, name)()

    def by_editing(self) -> set[int]:
        link = self.dice.choice(self.whole)
        column = self.dice.choice([name for name in FIELDS if name not in ("before", "after")])
        old = dict(zip(FIELDS, link.values))[column]
        if column == "id":
            new: object = 100_000
        elif column == "at":
            new = old.replace(year=1999)
        elif column.endswith("_id") and column != "office_id" and column != "object_id":
            new = USER
        elif isinstance(old, int):
            new = old + self.dice.choice([-1, 1, 10**9])
        else:
            new = f"{old}x"[-20:] if self.dice.random() < 0.5 else old[:-1] + "\u202e"
        sql(f"UPDATE core_auditevent SET {column} = %s WHERE id = %s", new, link.event)  # noqa: S608
        return {link.position}

    def by_editing_a_value(self) -> set[int]:
        link = self.dice.choice(self.whole)
        held = dict(zip(FIELDS, link.values))
        column = self.dice.choice([name for name in ("before", "after") if held[name]])
        sql(f"UPDATE core_auditevent SET {column} = '{{}}' WHERE id = %s", link.event)  # noqa: S608
        return {link.position}

    def by_deleting(self) -> set[int]:
        some = self.dice.sample(self.whole, self.dice.randint(1, 5))
        for link in some:
            sql("DELETE FROM core_auditevent WHERE id = %s", link.event)
        return {link.position for link in some}

    def by_deleting_with_the_seal(self) -> set[int]:
        link = self.dice.choice(self.links[:-1])
        sql("DELETE FROM core_auditevent WHERE id = %s", link.event)
        sql("DELETE FROM core_auditseal WHERE position = %s", link.position)
        return {link.position}

    def by_moving_up(self) -> set[int]:
        """An event is taken out and all later ones close the gap."""
        link = self.dice.choice(self.links[:-1])
        sql("DELETE FROM core_auditevent WHERE id = %s", link.event)
        sql("DELETE FROM core_auditseal WHERE position = %s", link.position)
        for later in self.links[link.position :]:
            sql(
                "UPDATE core_auditseal SET position = position - 1 WHERE position = %s",
                later.position,
            )
        return {link.position}

    def by_swapping_contents(self) -> set[int]:
        one, other = self.dice.sample(self.whole, 2)
        sql(
            "UPDATE core_auditevent SET reason = CASE WHEN id = %s THEN %s ELSE %s END "
            "WHERE id IN (%s, %s)",
            one.event,
            other.values[-1],
            one.values[-1],
            one.event,
            other.event,
        )
        return {one.position, other.position}

    def by_swapping_events(self) -> set[int]:
        one, other = self.dice.sample(self.whole, 2)
        for old, new in ((one.event, -1), (other.event, one.event), (-1, other.event)):
            sql("UPDATE core_auditseal SET event_id = %s WHERE event_id = %s", new, old)
        return {one.position, other.position}

    def by_swapping_positions(self) -> set[int]:
        one, other = self.dice.sample(self.links, 2)
        for old, new in (
            (one.position, -1),
            (other.position, one.position),
            (-1, other.position),
        ):
            sql("UPDATE core_auditseal SET position = %s WHERE position = %s", new, old)
        return {one.position, other.position}

    def by_cutting_off(self) -> set[int]:
        last = self.dice.randint(1, len(self.links) - 1)
        for link in self.links[last:]:
            sql("DELETE FROM core_auditevent WHERE id = %s", link.event)
        sql("DELETE FROM core_auditseal WHERE position > %s", last)
        return {last}

    def by_forging_an_event(self) -> set[int]:
        link = self.dice.choice(self.whole)
        columns = ", ".join(FIELDS[1:])
        sql(
            f"INSERT INTO core_auditevent (id, {columns}) SELECT 100001, {columns} "  # noqa: S608
            "FROM core_auditevent WHERE id = %s",
            link.event,
        )
        return {100_001}

    def by_forging_a_link(self) -> set[int]:
        position = len(self.links) + self.dice.randint(1, 9)
        seal = "".join(self.dice.choice("0123456389abcdef") for _ in range(64))
        sql(
            "INSERT INTO core_auditseal (position, event_id, content, seal, retirement) "
            "VALUES (%s, %s, %s, %s, '')",
            position,
            100_002,
            seal,
            seal,
        )
        return {position}

    def by_changing_a_seal(self) -> set[int]:
        link = self.dice.choice(self.links)
        column = self.dice.choice(["content", "seal"])
        sql(f"UPDATE core_auditseal SET {column} = %s WHERE position = %s", "f" * 64, link.position)  # noqa: S608
        return {link.position}

    def by_resealing(self) -> set[int]:
        """An event is changed and its digest too, as if it had been so."""
        link = self.dice.choice(self.whole)
        sql("UPDATE core_auditevent SET reason = 'Another' WHERE id = %s", link.event)
        values = AuditEvent.objects.values_list(*FIELDS).get(pk=link.event)
        before = self.links[link.position - 2].seal if link.position > 1 else TRAIL
        content = content_of(values)
        seal = seal_of(before, link.position, content)
        sql(
            "UPDATE core_auditseal SET content = %s, seal = %s WHERE position = %s",
            content,
            seal,
            link.position,
        )
        # Now the next one does not follow; after the last one, the head does not.
        return {min(link.position + 1, len(self.links))}

    def by_retiring(self) -> set[int]:
        link = self.dice.choice([link for link in self.whole if link.position < RUN])
        sql("DELETE FROM core_auditevent WHERE id = %s", link.event)
        name = self.dice.choice(["forged", NAME_OF_RUN])
        sql("UPDATE core_auditseal SET retirement = %s WHERE position = %s", name, link.position)
        return {link.position} if name == "forged" else {RUN}

    def by_taking_marks_off(self) -> set[int]:
        link = self.dice.choice([link for link in self.links if link.retirement])
        sql("UPDATE core_auditseal SET retirement = '' WHERE position = %s", link.position)
        return {link.position, RUN}

    def by_changing_the_head(self) -> set[int]:
        column, value = self.dice.choice(
            [("position", 7), ("position", 10**6), ("seal", "0" * 64), ("trail", "0" * 32)]
        )
        sql(f"UPDATE core_audithead SET {column} = %s", value)  # noqa: S608
        return {1} if column == "trail" else {len(self.links)}

    def by_removing_the_head(self) -> set[int]:
        sql("DELETE FROM core_audithead")
        return {len(self.links)}


def test_ten_thousand_tamperings_are_all_found_with_their_place(trail):
    """R23. Rows are read as they are; what a row that is the same says is computed once."""
    global USER, TRAIL, RUN, NAME_OF_RUN
    USER = get_user_model().objects.create(email="ada@example.org", full_name="Ada").pk
    TRAIL = end().trail
    told = AuditEvent.objects.get(action="audit.retire")
    NAME_OF_RUN = told.after["retirement"]
    RUN = AuditSeal.objects.get(event_id=told.pk).position
    links = list(verifying.links())
    dice = random.Random(20261126)
    kept = KeptHead("a safe", end())
    chain = f"SELECT {', '.join(OF_SEALS)} FROM core_auditseal ORDER BY position"  # noqa: S608
    raw = f"SELECT {', '.join(FIELDS)} FROM core_auditevent"  # noqa: S608

    @cache
    def said(row: tuple) -> verifying.Said:
        return verifying._one_said(row[0])

    def read() -> list[Link]:
        execute = connection.connection.cursor().execute
        events = {row[0]: said(row) for row in execute(raw).fetchall()}
        return [Link(*row, *events.get(row[1], NOT_THERE)) for row in execute(chain).fetchall()]

    assert read() == links
    missed, kinds = [], set()
    tampering = Tampering(dice, links)
    for _ in range(TIMES):
        point = transaction.savepoint()
        name, places = tampering.one()
        kinds.add(name)
        findings = [
            *Walk(verifying.end_of_trail(), [kept]).findings(read()),
            *verifying._unsealed(),
        ]
        transaction.savepoint_rollback(point)
        named = {row.position for row in findings} | {row.event for row in findings}
        if not places <= named:
            missed.append((name, places, [row.says for row in findings][:3]))

    assert missed == []
    assert kinds == set(tampering.kinds)
    assert read() == links
