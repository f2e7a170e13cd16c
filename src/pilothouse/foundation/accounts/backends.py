# SPDX-License-Identifier: Apache-2.0
"""Who is signed in: read at every request, so by a statement that is put together once."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import date

from django.contrib.auth.backends import ModelBackend
from django.db.models import QuerySet

from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.queries import standing_of_row, with_standing, with_unread
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.prepared import prepared_for

read_before: ContextVar[User | None] = ContextVar("read_before", default=None)
"""Who was read with the session of this request, until Django asks for the person, once."""


class Backend(ModelBackend):
    """As Django's own; an inactive person is nobody."""

    def get_user(self, user_id: int) -> User | None:
        user = read_before.get()
        read_before.set(None)
        if user is None or user.pk != int(user_id):
            day = clock.today()
            user = next(iter(_people(int(user_id), day)), None)
            if user is not None:
                user.standing = standing_of_row(user, day)
        return user if user is not None and self.user_can_authenticate(user) else None


@prepared_for(varying=1)
def _people(user_id: int, day: date) -> QuerySet[User]:
    rows = User.objects.filter(pk=user_id).order_by()
    return with_unread(with_standing(rows, "pk", day), "pk")
