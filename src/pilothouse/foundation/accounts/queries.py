# SPDX-License-Identifier: Apache-2.0
"""Reading accounts."""

from __future__ import annotations

from pilothouse.foundation.accounts.models import SecondFactor


def second_factor_of(user_id: int) -> SecondFactor | None:
    """What a person is asked for after the password, if anything."""
    return SecondFactor.objects.filter(user_id=user_id).first()
