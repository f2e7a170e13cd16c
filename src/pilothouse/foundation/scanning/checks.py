# SPDX-License-Identifier: Apache-2.0
"""A mistake in the setting of the scanner, which would hold every file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error

from pilothouse.foundation.scanning.scanner import WrongAddress, scanner_at


def check_scanner(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """An address that is not understood reaches nobody."""
    if not settings.PILOTHOUSE_SCANNER:
        return []
    try:
        scanner_at(settings.PILOTHOUSE_SCANNER)
    except WrongAddress as error:
        return [
            Error(
                f"PILOTHOUSE_SCANNER is not understood: {error}.",
                hint="Write clamd:///run/clamav/clamd.ctl, clamd://host:3310 or "
                "command:/path/to/program, or unset it to have no scanner.",
                id="pilothouse.E008",
            )
        ]
    return []
