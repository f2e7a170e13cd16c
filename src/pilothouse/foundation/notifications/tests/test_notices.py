# SPDX-License-Identifier: Apache-2.0
"""Telling people: in the product, by mail at once, in the digest, never in quiet hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.models import Job
from pilothouse.foundation.notifications import rules, services, topics
from pilothouse.foundation.notifications.models import Delivery, Notice, Way
from pilothouse.foundation.notifications.queries import notices_of, shown_to
from pilothouse.foundation.notifications.services import Chosen, News, tell
from pilothouse.foundation.notifications.topics import Group, Words

SITE = "https://pmo.example.org"
MONDAY = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
SECRET = "secret"


def only_open(person, notices, mailing):
    links = (("Done", f"{SITE}/done/"),) if mailing else ()
    return {
        row.pk: Words(row.title, row.text, links) for row in notices if row.object_type != SECRET
    }


@pytest.fixture(autouse=True)
def group(monkeypatch):
    """Topics of a test."""
    monkeypatch.setattr(topics, "_groups", {})
    monkeypatch.setattr(topics, "_by_topic", {})
    topics.install_topics(Group("cranes", "Cranes", "", frozenset({"cranes.late"}), only_open))
    topics.install_topics(Group("tides", "Tides", "", frozenset({"tides.high"})))


def said(title="Crane late", **values):
    return News(
        **{"topic": "cranes.late", "title": title, "path": "/cranes/1/", "site": SITE} | values
    )


def chosen(**values):
    base = {
        "ways": {},
        "digest": "daily",
        "hour": 7,
        "weekday": 0,
        "quiet_from": None,
        "quiet_until": None,
    }
    return Chosen(**base | values)


def send(person, now=None):
    return services.mail_at_once(person_id=person.pk, now=now or timezone.now())


def test_what_one_is_told_within_a_minute_goes_out_in_one_mail(cast):
    tell(people=[cast.piet.pk, None, cast.piet.pk], news=said())
    tell(people=[cast.piet.pk], news=said("Tide high", topic="tides.high", text="4.2 m."))

    job = Job.objects.get(name=services.MAIL)
    assert job.run_at - job.created_at > timedelta(seconds=55)
    assert send(cast.piet) == 2
    assert send(cast.piet) == 0

    (message,) = mail.outbox
    assert (message.to, message.subject) == ([cast.piet.email], "2 notices")
    for text in ("Crane late", "Tide high", "4.2 m.", f"{SITE}/cranes/1/", f"{SITE}/done/"):
        assert text in message.body


def test_a_single_notice_says_in_the_subject_what_it_is(cast):
    tell(people=[cast.piet.pk], news=said("Crane\nBcc: all@example.org"))

    send(cast.piet)

    assert mail.outbox[0].subject == "Crane Bcc: all@example.org"


def test_whoever_did_it_and_who_is_no_longer_active_are_told_nothing(cast):
    cast.tess.is_active = False
    cast.tess.save()

    told = tell(people=[cast.piet.pk, cast.tess.pk], news=said(), but=cast.piet.pk)

    assert (told, Notice.objects.count()) == ([], 0)


def test_what_is_told_once_is_not_told_again(cast):
    tell(people=[cast.piet.pk], news=said(once="crane 1"))

    told = tell(people=[cast.piet.pk, cast.ada.pk], news=said(once="crane 1"))

    assert told == [cast.ada]
    assert Notice.objects.count() == 2


def test_nothing_is_mailed_in_quiet_hours_and_it_goes_out_at_their_end(cast):
    services.choose_delivery(person=cast.piet, chosen=chosen(quiet_from=20, quiet_until=7))
    delivery = Delivery.objects.get()
    tell(people=[cast.piet.pk], news=said())

    assert send(cast.piet, MONDAY) == 0
    assert mail.outbox == []
    ends = rules.after_quiet(delivery, MONDAY)
    assert ends == datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
    assert rules.after_quiet(delivery, ends) == ends
    assert send(cast.piet, ends) == 1


@pytest.mark.parametrize(
    ("quiet", "hours"),
    [
        ((22, 2), [22, 23, 0, 1]),
        ((12, 14), [12, 13]),
        ((5, 5), []),
        ((None, None), []),
    ],
)
def test_quiet_hours_may_run_over_midnight(quiet, hours):
    found = [hour for hour in range(24) if rules.is_quiet(*quiet, hour)]

    assert found == sorted(hours)


def test_the_digest_collects_and_comes_once_a_day_from_its_hour_on(cast):
    services.choose_delivery(person=cast.piet, chosen=chosen(ways={"cranes": "digest"}, hour=9))
    tell(people=[cast.piet.pk], news=said())
    tell(people=[cast.piet.pk], news=said("Another crane"))
    early = datetime(2026, 3, 2, 8, 59, tzinfo=UTC)
    assert not Job.objects.filter(name=services.MAIL).exists()

    assert services.mail_digest(person_id=cast.piet.pk, now=early) == 0
    assert services.due_for_mail(early + timedelta(hours=1)) == ([], [cast.piet.pk])
    assert services.mail_digest(person_id=cast.piet.pk, now=early + timedelta(hours=1)) == 2
    tell(people=[cast.piet.pk], news=said("A third"))
    assert services.mail_digest(person_id=cast.piet.pk, now=early + timedelta(hours=2)) == 0
    assert services.mail_digest(person_id=cast.piet.pk, now=early + timedelta(days=1, hours=1)) == 1


def test_the_weekly_digest_comes_on_its_day(cast):
    delivery = Delivery(digest="weekly", weekday=1, hour=7)

    assert not rules.digest_is_due(delivery, datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
    assert rules.digest_is_due(delivery, datetime(2026, 3, 3, 12, 0, tzinfo=UTC))
    delivery.digested_on = date(2026, 3, 3)
    assert not rules.digest_is_due(delivery, datetime(2026, 3, 3, 13, 0, tzinfo=UTC))


def test_what_is_only_told_here_or_was_read_is_never_mailed(cast):
    services.choose_delivery(person=cast.piet, chosen=chosen(ways={"cranes": "product"}))
    tell(people=[cast.piet.pk], news=said())
    tell(people=[cast.ada.pk], news=said())
    services.mark_read(person=cast.ada)

    assert (send(cast.piet), send(cast.ada)) == (0, 0)
    assert notices_of(cast.piet, only_unread=True).count() == 1


def test_what_is_out_of_sight_by_then_says_nothing_on_the_page_nor_by_mail(cast):
    tell(people=[cast.piet.pk], news=said("The merger"))
    Notice.objects.update(object_type=SECRET)

    (row,) = shown_to(cast.piet, list(notices_of(cast.piet)))

    assert not row.is_open
    assert "merger" not in row.words.title
    assert send(cast.piet) == 0
    assert mail.outbox == []


def test_a_mail_that_was_lost_is_ordered_anew(cast):
    tell(people=[cast.piet.pk], news=said())
    Job.objects.all().delete()
    later = timezone.now() + timedelta(minutes=10)

    assert services.order_due(later) == 1
    assert Job.objects.get(name=services.MAIL).payload == {"person_id": cast.piet.pk}


def test_a_mail_that_cannot_be_sent_leaves_everything_as_it_was(cast, monkeypatch):
    tell(people=[cast.piet.pk], news=said())

    def refuse(*args, **kwargs):
        raise OSError("no route")

    monkeypatch.setattr(services, "send_mail", refuse)
    with pytest.raises(OSError, match="no route"):
        send(cast.piet)

    assert Notice.objects.get().mailed_at is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"ways": {"cranes": "pigeon"}}, "way_cranes"),
        ({"ways": {"nothing": "digest"}}, "way_nothing"),
        ({"ways": {"cranes": "digest"}, "digest": "none"}, "digest"),
        ({"quiet_from": 20}, "quiet_until"),
        ({"quiet_from": 20, "quiet_until": 8, "hour": 7}, "hour"),
    ],
)
def test_what_does_not_fit_together_is_refused_by_its_field(cast, values, field):
    with pytest.raises(Invalid) as refused:
        services.choose_delivery(person=cast.piet, chosen=chosen(**values))

    assert refused.value.fields.keys() == {field}
    assert not Delivery.objects.exists()


def test_without_a_digest_what_waited_for_it_is_only_told_here(cast):
    services.choose_delivery(person=cast.piet, chosen=chosen(ways={"cranes": "digest"}))
    tell(people=[cast.piet.pk], news=said())

    services.choose_delivery(person=cast.piet, chosen=chosen(digest="none"))

    assert Notice.objects.get().way == Way.PRODUCT


def test_read_notices_go_after_90_days_and_others_after_a_year(cast):
    now = timezone.now()
    for days, read in ((80, True), (100, True), (100, False), (400, False)):
        tell(people=[cast.piet.pk], news=said(f"{days} {read}"))
        Notice.objects.filter(title=f"{days} {read}").update(
            at=now - timedelta(days=days), read_at=now if read else None
        )

    assert services.tidy(now) == 2
    assert sorted(Notice.objects.values_list("title", flat=True)) == ["100 False", "80 True"]


def test_the_bell_counts_without_a_query_of_its_own(client, cast, django_assert_num_queries):
    client.force_login(cast.piet)
    client.get("/notices/")
    for number in range(3):
        tell(people=[cast.piet.pk], news=said(f"Crane {number}"))

    # The session with its person and the bell, when it was last used, the pager, the notices.
    with django_assert_num_queries(4):
        page = client.get("/notices/").content.decode()

    assert "Notices: 3 unread" in page
    assert "Crane 2" in page


def test_opening_a_notice_reads_it_and_leads_on(client, cast):
    tell(people=[cast.piet.pk, cast.ada.pk], news=said())
    mine = Notice.objects.get(person=cast.piet)
    client.force_login(cast.piet)

    answer = client.post(f"/notices/{mine.pk}/")

    assert answer["Location"] == "/cranes/1/"
    mine.refresh_from_db()
    assert mine.read_at is not None
    assert client.post(f"/notices/{Notice.objects.get(person=cast.ada).pk}/").status_code == 404


def test_one_or_all_are_marked_read(client, cast):
    for number in range(3):
        tell(people=[cast.piet.pk], news=said(f"Crane {number}"))
    client.force_login(cast.piet)
    first = Notice.objects.earliest("pk")

    client.post("/notices/read/", {"notice": str(first.pk)})
    assert Notice.objects.unread().count() == 2
    client.post("/notices/read/", {"notice": "x"})
    assert Notice.objects.unread().count() == 2
    client.post("/notices/read/")
    assert Notice.objects.unread().count() == 0


def test_preferences_are_chosen_on_their_page(client, cast):
    client.force_login(cast.piet)
    form = {"way_cranes": "digest", "way_tides": "product", "digest": "weekly", "hour": "8"}
    form |= {"weekday": "4", "quiet_from": "20", "quiet_until": "7"}

    refused = client.post("/notices/preferences/", form | {"hour": "21"})
    saved = client.post("/notices/preferences/", form)

    assert refused.status_code == 422
    assert "quiet one" in refused.content.decode()
    assert saved.status_code == 302
    row = Delivery.objects.get(person=cast.piet)
    assert row.ways == {"cranes": "digest", "tides": "product"}
    assert (row.digest, row.weekday, row.quiet_from, row.quiet_until) == ("weekly", 4, 20, 7)
