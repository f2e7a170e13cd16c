# SPDX-License-Identifier: Apache-2.0
"""System checks of the lists of leaked passwords: a bad one stops the start."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error

from pilothouse.foundation.accounts.passwords import BadList, require_own, require_shipped


def check_leaked_passwords(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Whoever sets a password is refused while a list cannot be read."""
    found: list[CheckMessage] = []
    try:
        require_shipped()
    except BadList as bad:
        found.append(Error(str(bad), id="pilothouse.E009"))
    path = settings.PILOTHOUSE_BREACHED_PASSWORDS
    if path:
        try:
            require_own(Path(path))
        except BadList as bad:
            found.append(
                Error(
                    str(bad),
                    hint="Correct the file, or unset PILOTHOUSE_BREACHED_PASSWORDS.",
                    id="pilothouse.E010",
                )
            )
    return found
