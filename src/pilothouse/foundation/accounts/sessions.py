# SPDX-License-Identifier: Apache-2.0
"""Sessions in the database, as Django keeps them, read by a statement that is made once.

The person of a session is read with it: every page needs both.
"""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from pilothouse.foundation.accounts import backends
from pilothouse.foundation.accounts.models import UserSession
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
        found = next(iter(_sessions(self.session_key or "")), None)
        if found is None or found.expire_date <= timezone.now():
            backends.read_before.set(None)
            self._session_key = None
            return None
        listed: UserSession | None = getattr(found, "listed", None)
        backends.read_before.set(None if listed is None else listed.user)
        return found


@prepared_for(varying=1)
def _sessions(key: str) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key).select_related("listed__user")
