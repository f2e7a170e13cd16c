# SPDX-License-Identifier: Apache-2.0
"""Done from a mail without signing in: one person, one entry, ten days, one use."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail, signing
from django.test import Client
from django.utils import timezone

from pilothouse.delivery.raid.models import Action, Kind, Risk
from pilothouse.delivery.raid.rules import Step
from pilothouse.foundation.accounts.models import SignInTries
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.notifications.acts import SALT
from pilothouse.foundation.notifications.models import MailLink
from pilothouse.foundation.notifications.services import mail_at_once, tidy

SITE = "https://pmo.example.org"


def mailed(person):
    """Mail somebody their notices; the path of the link in the mail."""
    assert mail_at_once(person_id=person.pk, now=timezone.now())
    return re.search(rf"{SITE}(/do/\S+/)", mail.outbox[-1].body)[1]


@pytest.fixture
def action(raid):
    """An action of Tess with the address for mails."""
    row = raid.add(Kind.ACTION, "Call the supplier", site=SITE)
    return Action.rows.get(pk=row.pk)


@pytest.fixture
def path(raid, action):
    return mailed(raid.cast.tess)


def state(action):
    return Action.rows.get(pk=action.pk).state


def test_an_action_is_done_by_its_link_in_the_name_of_its_person(raid, action, path):
    client = Client(enforce_csrf_checks=True)
    page = client.get(path)
    assert (page.status_code, state(action)) == (200, "open")
    assert "Call the supplier" in page.content.decode()
    assert page["Cache-Control"] == "no-store"

    done = client.post(path, {"remark": "They come on Monday."}, headers={"Origin": "null"})

    assert done.status_code == 200
    assert "Thank you" in done.content.decode()
    row = Action.rows.get(pk=action.pk)
    assert (row.state, row.done_by, row.done_note) == (
        "done",
        raid.cast.tess,
        "They come on Monday.",
    )
    event = AuditEvent.objects.filter(action="action.finish").get()
    assert (event.actor, event.channel) == (raid.cast.tess, "mail")
    assert client.get(path).status_code == 410
    assert "_auth_user_id" not in client.session


def test_a_risk_is_looked_at_by_its_link(raid):
    risk = raid.risk(owner=raid.cast.tess, site=SITE)
    path = mailed(raid.cast.tess)
    later = clock.today() + timedelta(days=14)

    refused = Client().post(path, {"day": clock.today().isoformat()})
    taken = Client().post(path, {"day": later.isoformat(), "remark": "Still so."})

    assert (refused.status_code, taken.status_code) == (422, 200)
    row = Risk.rows.get(pk=risk.pk)
    assert (row.due, row.due_moves) == (later, 0)
    assert row.notes.get().text == "Still so."


def altered(path):
    token = path.split("/")[2]
    said = signing.loads(token, salt=SALT)
    return {
        "changed": token[:5] + ("A" if token[5] != "A" else "B") + token[6:],
        "of another purpose": signing.dumps(said, salt="other"),
        "unknown": signing.dumps(said | {"nonce": "x"}, salt=SALT),
        "none": "none",
    }


@pytest.mark.parametrize("how", ["changed", "of another purpose", "unknown", "none"])
def test_an_altered_link_opens_nothing(action, path, how):
    url = f"/do/{altered(path)[how]}/"

    assert [Client().get(url).status_code, Client().post(url).status_code] == [410, 410]
    assert state(action) == "open"


@pytest.mark.parametrize("way", ["expired", "ended", "account closed", "another's", "of another"])
def test_a_link_that_ended_answers_like_one_that_never_was(raid, action, path, way):
    never = Client().get("/do/none/")
    if way == "expired":
        MailLink.objects.update(expires_at=timezone.now())
    elif way == "ended":
        client = Client()
        client.force_login(raid.cast.tess)
        client.post("/notices/links/end/")
    elif way == "account closed":
        raid.cast.tess.is_active = False
        raid.cast.tess.save()
    elif way == "another's":
        MailLink.objects.update(person=raid.cast.piet)
    else:
        MailLink.objects.update(object_id=action.pk + 1)

    answer = Client().get(path)

    assert (answer.status_code, answer.content) == (never.status_code, never.content)
    assert Client().post(path).status_code == 410
    assert state(action) == "open"


def test_behind_the_link_of_who_has_lost_the_project_there_is_nothing(raid, action, path):
    raid.cast.tess.role_assignments.all().delete()

    page = Client().get(path)

    assert "Call the supplier" not in page.content.decode()
    assert Client().post(path).status_code == 410
    assert state(action) == "open"


def test_what_is_done_already_is_not_done_again(raid, action, path):
    raid.step(action, Step.FINISH)

    assert "Nothing to do" in Client().get(path).content.decode()
    assert Client().post(path).status_code == 410


def test_the_newest_mail_has_the_link_that_works(raid, action, path):
    raid.step(action, Step.START)
    raid.step(action, Step.CANCEL)
    raid.step(action, Step.REOPEN)
    from_note = raid.add(Kind.ACTION, "Another", site=SITE)
    newer = mailed(raid.cast.tess)

    assert newer != path
    assert Client().get(path).status_code == 200
    assert MailLink.objects.filter(object_id=from_note.pk, ended_at=None).count() == 1


def test_whoever_does_not_own_it_gets_no_link(raid, action):
    mail.outbox.clear()
    raid.step(action, Step.FINISH, raid.cast.tess)

    assert "/do/" not in "".join(message.body for message in mail.outbox)


def test_wrong_links_are_slowed(action, path):
    SignInTries.objects.all().delete()
    client = Client()

    answers = {client.get(f"/do/none-{n}/").status_code for n in range(30)}

    assert answers == {410}
    assert client.get("/do/none/").status_code == 429
    assert client.get(path).status_code == 200


def test_the_secret_is_not_stored_and_old_links_go(path):
    assert path.split("/")[2] not in str(MailLink.objects.values().get())

    tidy(timezone.now() + timedelta(days=41))

    assert not MailLink.objects.exists()
