# SPDX-License-Identifier: Apache-2.0
"""What operators see: health, figures, log lines; and sessions that end."""

import json
import logging
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from cast import PASSWORD
from pilothouse.faces.web import sessions
from pilothouse.foundation.accounts.web import SESSION_STARTED
from pilothouse.foundation.core import logs
from pilothouse.foundation.core.models import Job, JobRunner


@pytest.fixture
def lines():
    """Log lines as operators get them."""
    caught: list[dict] = []

    class Keep(logging.Handler):
        def emit(self, record):
            text = logs.JsonLine().format(record)
            assert "\n" not in text
            caught.append(json.loads(text))

    handler = Keep()
    logger = logging.getLogger("pilothouse")
    logger.addHandler(handler)
    yield caught
    logger.removeHandler(handler)


def alive():
    JobRunner.objects.create(name="test", seen_at=timezone.now())


def test_health_is_well_when_everything_works(client, db):
    alive()

    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "database": "ok",
        "migrations": "ok",
        "jobs": "ok",
    }


def test_health_answers_a_probe_that_asks_for_the_head_alone(client, db):
    alive()

    response = client.head("/healthz")

    assert (response.status_code, response.content) == (200, b"")


def test_health_fails_without_a_runner_or_with_an_overdue_job(client, db):
    assert client.get("/healthz").json()["jobs"] == "no runner"

    alive()
    Job.objects.create(name="core.tidy", run_at=timezone.now() - timedelta(hours=1))
    response = client.get("/healthz")

    assert (response.status_code, response.json()["jobs"]) == (503, "overdue")


def test_health_says_that_the_database_is_away(client, db):
    def away(execute, sql, params, many, context):
        raise OperationalError("server closed the connection: password=secret")

    with connection.execute_wrapper(away):
        response = client.get("/healthz")

    assert response.status_code == 503
    assert response.json()["database"] == "down"
    assert b"secret" not in response.content


def test_there_are_no_metrics_without_a_token_in_the_settings(client, db):
    assert client.get("/metrics").status_code == 404


def test_metrics_want_their_token(client, db, settings):
    settings.PILOTHOUSE_METRICS_TOKEN = "open-sesame"
    alive()

    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    response = client.get("/metrics", headers={"Authorization": "Bearer open-sesame"})

    assert response.status_code == 200
    text = response.content.decode()
    assert "\npilothouse_database_up 1\n" in text
    assert '\npilothouse_jobs{state="queued"} 0\n' in text
    assert "\npilothouse_job_runners 1\n" in text
    assert 'pilothouse_requests_total{method="GET",status="401"}' in text
    assert "open-sesame" not in text


def test_a_request_leaves_one_line_with_its_id_and_no_query(client, cast, lines):
    client.force_login(cast.piet)

    response = client.get("/account/profile/?q=secret-plan")

    line = next(line for line in lines if line["log"] == "pilothouse.requests")
    assert line["request"] == response.headers["X-Request-ID"]
    assert (line["who"], line["route"], line["status"]) == (cast.piet.pk, "account/profile/", 200)
    assert "secret-plan" not in json.dumps(lines)


def test_signing_in_and_failing_to_is_told_without_address_or_password(client, cast, lines):
    client.post("/account/sign-in/", {"username": "piet@example.org", "password": "wrong-one"})
    client.post("/account/sign-in/", {"username": "piet@example.org", "password": PASSWORD})
    client.post("/account/sign-out/")

    events = [line["event"] for line in lines if line["log"] == "pilothouse.security"]
    assert events == ["sign-in-failed", "sign-in", "sign-out"]
    text = json.dumps(lines)
    assert "wrong-one" not in text
    assert PASSWORD not in text
    assert "piet@" not in text


def test_a_denial_leaves_one_line_in_the_security_log(client, cast, lines):
    client.force_login(cast.piet)

    client.post("/account/tokens/999/revoke/")

    told = [line for line in lines if line["event"] == "denied"]
    assert [(line["reason"], line["code"], line["ids"]) for line in told] == [
        ("unseen", "accounts.token", {"token_id": 999})
    ]


def test_the_secret_of_a_reset_link_never_reaches_the_log(client, cast, lines):
    client.get("/account/reset/MQ/set-very-secret/")

    assert "very-secret" not in json.dumps(lines)
    assert lines[-1]["route"] == "account/reset/<uidb64>/<token>/"


def test_names_cannot_forge_a_log_line(lines):
    logs.note("odd", name='x\r\n{"event": "sign-in"}\x1b[2J\u202e')

    assert len(lines) == 1
    assert lines[0]["name"] == 'x\r\n{"event": "sign-in"}\x1b[2J\u202e'


@pytest.mark.parametrize(
    ("started", "seen", "over"),
    [(0, 0, False), (0, -100, False), (0, -101, True), (-1000, 0, False), (-1001, 0, True)],
)
def test_a_session_ends_by_idleness_and_by_age(started, seen, over):
    assert sessions.has_ended(started, seen, 0, idle=100, absolute=1000) is over


def test_an_idle_session_is_ended_on_the_server(client, cast, settings):
    client.force_login(cast.piet)
    client.get("/account/profile/")
    session = client.session
    session[sessions.SEEN] -= settings.PILOTHOUSE_SESSION_IDLE_SECONDS + 5
    session.save()

    assert client.get("/account/profile/").status_code == 302
    assert client.get("/account/profile/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_session_is_not_written_at_each_request(client, cast, django_assert_num_queries):
    client.force_login(cast.piet)
    client.get("/theme/")
    before = client.session[SESSION_STARTED]

    client.get("/theme/")

    assert client.session[SESSION_STARTED] == before
    with django_assert_num_queries(2):
        client.get("/theme/")
