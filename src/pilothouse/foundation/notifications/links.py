# SPDX-License-Identifier: Apache-2.0
"""Links of mails that open one page without sign-in: signed, for one person, ended by a row.

Only a digest is kept, so a copy of the database opens nothing. The address is the only proof: no
session is read, so that whoever is signed in on the device is not mixed up with whoever the link
belongs to, and the guard against forged requests is not needed.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.core import signing
from django.utils import timezone

from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.queries import require_second_factor
from pilothouse.foundation.notifications.models import SignedLink

LIFE = timedelta(days=10)
Link = TypeVar("Link", bound=SignedLink)


def digest_of(text: str) -> str:
    """What is kept of a secret, or of what a link is for."""
    return hashlib.sha256(text.encode()).hexdigest()


def make_link(
    model: type[Link], person: User, what: str, salt: str, **columns: Any
) -> tuple[str, Link]:
    """A new link for one person and one purpose: what stands in the address, and its row."""
    expires = timezone.now() + LIFE
    said = {
        "person": person.pk,
        "what": digest_of(what),
        "until": int(expires.timestamp()),
        "nonce": secrets.token_urlsafe(18),
    }
    token = signing.dumps(said, salt=salt)
    link = model(person=person, digest=digest_of(token), expires_at=expires, **columns)
    link.save(force_insert=True)
    return token, link


def live_link(model: type[Link], token: str, salt: str, now: datetime) -> tuple[Link, str] | None:
    """The row of a link that still opens something, with the digest of what it is for.

    None alike for one that is altered, expired, ended or none, or whose person is inactive.
    Raises: NotAllowed where a second factor is a must for its person, who has none.
    """
    try:
        said = signing.loads(token, salt=salt, max_age=LIFE)
    except signing.BadSignature:
        return None
    rows = model._default_manager.select_related("person")
    link = rows.filter(digest=digest_of(token)).first()
    if link is None or not link.is_live_at(now) or said["person"] != link.person_id:
        return None
    if not link.person.is_active:
        return None
    require_second_factor(link.person)
    return link, str(said["what"])
