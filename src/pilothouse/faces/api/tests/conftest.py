# SPDX-License-Identifier: Apache-2.0
"""A caller of the API with a token of one of the cast."""

import json

import pytest
from django.test import Client

from pilothouse.foundation.accounts.services import create_token

BASE = "/api/v1"


class Caller:
    """Speaks JSON with a token; ``version`` becomes If-Match, ``key`` Idempotency-Key."""

    def __init__(self, user, may_write=True):
        self.token, self.secret = create_token(
            actor=user.actor(), user=user, name="tests", may_write=may_write
        )
        # Cookies would let the session speak in the token's place.
        self.client = Client()

    def __call__(self, method, path, body=None, *, version=None, key=None, raw=None, **headers):
        sent = {"Authorization": f"Bearer {self.secret}", **headers}
        if version is not None:
            sent["If-Match"] = f'"v{version}"'
        if key is not None:
            sent["Idempotency-Key"] = key
        data = raw if raw is not None else json.dumps(body if body is not None else {})
        kind = sent.pop("Content-Type", "application/json")
        if method == "get":
            return self.client.get(BASE + path, headers=sent)
        return self.client.generic(
            method.upper(), BASE + path, data, content_type=kind, headers=sent
        )


@pytest.fixture
def call(cast):
    """``call(user)`` gives a caller for one of the cast."""
    return Caller
