# SPDX-License-Identifier: Apache-2.0
"""Sessions in the database, as Django keeps them, read by a statement that is made once.

The person of a session is read with it: every page needs both. So is whether this person must
have a second factor and has none, anew at each request: a role that begins today binds today.
"""

from __future__ import annotations

from datetime import date

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from pilothouse.foundation.accounts import backends
from pilothouse.foundation.accounts.models import UserSession
from pilothouse.foundation.accounts.queries import standing_of_row, with_standing, with_unread
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.prepared import prepared_for


class SessionStore(db.SessionStore):
    """As Django's own; every request reads one."""

    def cycle_key(self) -> None:
        """What lists the session for its person follows the new key."""
        listed = UserSession.objects.filter(session_id=self.session_key or "").first()
        super().cycle_key()
        if listed is not None:
            listed.session_id = self.session_key or ""
            listed.save(force_insert=True)

    def _get_session_from_db(self) -> Session | None:
        day = clock.today()
        found = next(iter(_sessions(self.session_key or "", day)), None)
        if found is None or found.expire_date <= timezone.now():
            backends.read_before.set(None)
            self._session_key = None
            return None
        listed: UserSession | None = getattr(found, "listed", None)
        if listed is not None:
            listed.user.standing = standing_of_row(found, day)
            listed.user.unread = getattr(found, "unread", 0)
        backends.read_before.set(None if listed is None else listed.user)
        return found


@prepared_for(varying=1)
def _sessions(key: str, day: date) -> QuerySet[Session]:
    rows = Session.objects.filter(session_key=key).select_related("listed__user")
    return with_unread(with_standing(rows, "listed__user_id", day), "listed__user_id")
