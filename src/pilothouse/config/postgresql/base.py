# SPDX-License-Identifier: Apache-2.0
"""Where Django looks for the engine that the setting names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from django.db.backends.postgresql import base
from psycopg.adapt import Buffer, Loader

from pilothouse.foundation.core.committing import Committing


class Instants(Loader):
    """Reads instants with the standard library.

    Django makes each of them with a pattern and a change of zone, which takes longer than the
    database needs to find the row. The database's session is in UTC, so what it sends is ISO 8601.
    """

    timezone: ClassVar = UTC
    """Django asks for it, and puts its own loader in the place of one of another zone."""

    def load(self, data: Buffer) -> datetime:
        return datetime.fromisoformat(str(data, "ascii"))


class DatabaseWrapper(Committing, base.DatabaseWrapper):
    """A connection that reads instants fast, and does what was asked for before it commits."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        if self.timezone is UTC:
            connection.adapters.register_loader("timestamptz", Instants)
        return connection
