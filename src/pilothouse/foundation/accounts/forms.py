# SPDX-License-Identifier: Apache-2.0
"""Forms of the doors."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.forms import PasswordResetForm

from pilothouse.foundation.accounts.models import User


class ResetForm(PasswordResetForm):
    """Also for people who were invited and let the first address expire: no password yet."""

    def get_users(self, email: str) -> Iterable[User]:
        return User.objects.filter(email__iexact=email, is_active=True)
