# SPDX-License-Identifier: Apache-2.0
"""Who is signed in: read at every request, so by a statement that is put together once."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend
from django.db.models import QuerySet

from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.prepared import prepared_for


class Backend(ModelBackend):
    """As Django's own; an inactive person is nobody."""

    def get_user(self, user_id: int) -> User | None:
        user = next(iter(_people(int(user_id))), None)
        return user if user is not None and self.user_can_authenticate(user) else None


@prepared_for(varying=1)
def _people(user_id: int) -> QuerySet[User]:
    return User.objects.filter(pk=user_id).order_by()
