# SPDX-License-Identifier: Apache-2.0
"""What every view asks of a request."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.actor import Actor

SESSION_STARTED = "ph_started"
"""Where a session keeps the second at which its person signed in."""


def person_of(request: HttpRequest) -> User:
    """The signed-in person; every address but the public ones has one."""
    return cast(User, request.user)


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in person as the one who acts."""
    return person_of(request).actor()
