# SPDX-License-Identifier: Apache-2.0
"""Who asks: tokens that live, tokens that do not, and the session of the same origin."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from cast import SYSTEM
from pilothouse.faces.api import auth
from pilothouse.foundation.accounts.models import ApiToken
from pilothouse.foundation.accounts.services import revoke_token, set_active


def problem(response):
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail", "code", "fields", "request_id"}
    assert body["status"] == response.status_code
    assert body["request_id"] == response["X-Request-ID"] != ""
    return body


def test_a_token_speaks_for_its_owner(cast, call):
    answer = call(cast.piet)("get", "/me")

    assert answer.status_code == 200
    assert answer.json()["name"] == "Piet Example"
    assert [role["role"] for role in answer.json()["roles"]] == ["project_manager"]
    assert answer["Cache-Control"] == "no-store"


def test_without_a_proof_nobody_is_answered(cast):
    answer = Client().get("/api/v1/me")

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert problem(answer)["code"] == "api.sign_in"


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer nonsense", "Basic YTpi", "ph_abc", "Bearer a b", "Bearer \u00e9"],
)
def test_a_header_that_is_no_live_token_is_refused_whatever_the_session_says(cast, client, header):
    client.force_login(cast.ada)

    assert client.get("/api/v1/me", headers={"Authorization": header}).status_code == 401


def test_a_revoked_token_is_dead_at_once(cast, call):
    caller = call(cast.piet)
    assert caller("get", "/me").status_code == 200

    revoke_token(actor=cast.piet.actor(), token=caller.token)

    assert caller("get", "/me").status_code == 401


def test_an_expired_token_is_dead(cast, call):
    caller = call(cast.piet)
    ApiToken.objects.filter(pk=caller.token.pk).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )

    assert caller("get", "/me").status_code == 401


def test_a_disabled_owner_has_no_token_and_no_session(cast, call, client):
    caller = call(cast.piet)
    client.force_login(cast.piet)
    assert client.get("/api/v1/me").status_code == 200

    set_active(actor=SYSTEM, user=cast.piet, active=False)

    assert caller("get", "/me").status_code == 401
    assert client.get("/api/v1/me").status_code == 401


def test_a_reading_token_changes_nothing(cast, call):
    caller = call(cast.piet, may_write=False)

    answer = caller("patch", f"/projects/{cast.harbour.pk}", {"name": "Mine"}, version=1)

    assert answer.status_code == 403
    assert problem(answer)["code"] == "api.read_only"
    cast.harbour.refresh_from_db()
    assert cast.harbour.name == "Harbour"
    assert caller("get", f"/projects/{cast.harbour.pk}").status_code == 200


def test_a_role_that_ends_takes_effect_at_once(cast, call):
    caller = call(cast.tess)
    assert caller("get", f"/projects/{cast.harbour.pk}").status_code == 200

    cast.tess.role_assignments.update(valid_to=timezone.localdate() - timedelta(days=1))

    assert caller("get", f"/projects/{cast.harbour.pk}").status_code == 404


def test_the_session_writes_only_with_its_seal(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.piet)
    address = f"/api/v1/projects/{cast.harbour.pk}"
    sent = {"If-Match": '"v1"'}

    for kind in ("application/json", "text/plain"):
        answer = client.patch(address, '{"name": "Mine"}', content_type=kind, headers=sent)
        assert answer.status_code == 403
        assert problem(answer)["code"] == "api.csrf"
    cast.harbour.refresh_from_db()
    assert cast.harbour.name == "Harbour"

    client.get("/account/profile/")
    seal = client.cookies["csrftoken"].value
    answer = client.patch(
        address,
        '{"name": "Harbour II"}',
        content_type="application/json",
        headers={**sent, "X-CSRFToken": seal},
    )
    assert answer.status_code == 200


def test_a_token_makes_no_tokens_but_a_session_does(cast, call, client):
    answer = call(cast.piet)("post", "/tokens", {"name": "more"})
    assert answer.status_code == 403
    assert ApiToken.objects.count() == 1

    client.force_login(cast.piet)
    made = client.post("/api/v1/tokens", {"name": "mine"}, content_type="application/json")

    assert made.status_code == 201
    assert made.json()["secret"].startswith("ph_")
    assert "secret" not in client.get("/api/v1/tokens").json()["items"][0]


def test_somebody_elses_token_is_not_there(cast, call):
    theirs = call(cast.ada).token

    answer = call(cast.piet)("delete", f"/tokens/{theirs.pk}")

    assert answer.status_code == 404
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_wrong_tokens_from_one_address_are_slowed_and_others_are_not(cast, call, monkeypatch):
    monkeypatch.setattr(auth, "FAILURES", replace(auth.FAILURES, tries=3))
    wrong = {"Authorization": "Bearer ph_wrong"}
    for _ in range(3):
        assert Client().get("/api/v1/me", headers=wrong).status_code == 401

    answer = Client().get("/api/v1/me", headers=wrong)
    elsewhere = Client(REMOTE_ADDR="192.0.2.7").get("/api/v1/me", headers=wrong)

    assert answer.status_code == 429
    assert answer["Retry-After"] == "60"
    assert elsewhere.status_code == 401


def test_a_client_cannot_name_its_own_address(cast, monkeypatch):
    monkeypatch.setattr(auth, "FAILURES", replace(auth.FAILURES, tries=1))
    wrong = {"Authorization": "Bearer ph_wrong"}
    Client().get("/api/v1/me", headers=wrong)

    answer = Client().get("/api/v1/me", headers={**wrong, "X-Forwarded-For": "192.0.2.9"})

    assert answer.status_code == 429


def test_a_token_has_a_rate(cast, call, monkeypatch):
    monkeypatch.setattr(auth, "REQUESTS_PER_MINUTE", 2)
    caller = call(cast.piet)

    statuses = [caller("get", "/me").status_code for _ in range(3)]

    assert statuses == [200, 200, 429]
