# SPDX-License-Identifier: Apache-2.0
"""Where Django looks for the engine that the setting names."""

from __future__ import annotations

from django.db.backends.sqlite3 import base

from pilothouse.foundation.core.committing import Committing


class DatabaseWrapper(Committing, base.DatabaseWrapper):
    """A connection that does what was asked for before it commits."""
