# SPDX-License-Identifier: Apache-2.0
"""System checks: mistakes in the set-up, each with an id and what to do.

They run before every command; `pilothouse serve` does not start while one is an error.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.db import DatabaseError, connection

FIRST_SOUND_SQLITE = (3, 51, 3)
SHORT_KEY = 50


def check_secret_key(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A short or an example key lets anybody forge sessions."""
    key = str(settings.SECRET_KEY)
    if len(key) < SHORT_KEY or len(set(key)) < 5 or key.startswith("django-insecure-"):
        return [
            Error(
                "The secret key is too short or an example.",
                hint=f"Set PILOTHOUSE_SECRET_KEY to {SHORT_KEY} random characters or more, or "
                "leave it unset: a good one is then made and kept in the data folder.",
                id="pilothouse.E001",
            )
        ]
    return []


def check_sqlite(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Old versions can damage a database that two connections write to."""
    if connection.vendor != "sqlite" or sqlite3.sqlite_version_info >= FIRST_SOUND_SQLITE:
        return []
    found = sqlite3.sqlite_version
    return [
        Error(
            f"SQLite {found} can damage a database in WAL mode.",
            hint="Install pysqlite3 (it is in requirements/run.txt), or use PostgreSQL.",
            id="pilothouse.E002",
        )
    ]


def check_durability(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """What was answered must survive a power cut: WAL needs full synchronisation."""
    if connection.vendor != "sqlite" or "default" not in (kwargs.get("databases") or ()):
        return []
    try:
        with connection.cursor() as cursor:
            synchronous = cursor.execute("PRAGMA synchronous").fetchone()[0]
    except DatabaseError:
        return []
    if synchronous < 2:
        return [
            Error(
                "The database does not wait for the disk: a power cut would lose saved work.",
                hint="Leave PRAGMA synchronous at FULL.",
                id="pilothouse.E003",
            )
        ]
    return []


def check_hosts(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A wild card lets anybody choose the address in reset mails."""
    if "*" in settings.ALLOWED_HOSTS:
        return [
            Error(
                "Any host name is accepted.",
                hint="Name the hosts in PILOTHOUSE_HOSTS; mails carry links to them.",
                id="pilothouse.E004",
            )
        ]
    return []


def check_https(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Beyond this machine, passwords and sessions travel over the network."""
    local = {"127.0.0.1", "localhost", "[::1]", "testserver"}
    found: list[CheckMessage] = []
    if not set(settings.ALLOWED_HOSTS) <= local and not settings.SESSION_COOKIE_SECURE:
        found.append(
            Warning(
                "Other hosts than this machine are served without TLS.",
                hint="Put a TLS proxy before it and set PILOTHOUSE_HTTPS=1.",
                id="pilothouse.W001",
            )
        )
    if settings.SESSION_COOKIE_SECURE and not settings.PILOTHOUSE_TRUSTED_PROXIES:
        found.append(
            Error(
                "PILOTHOUSE_HTTPS=1, but no proxy is trusted, so every request looks like plain "
                "HTTP and is redirected for ever.",
                hint="Set PILOTHOUSE_TRUSTED_PROXIES to the address of the TLS proxy.",
                id="pilothouse.E007",
            )
        )
    if "*" in settings.PILOTHOUSE_TRUSTED_PROXIES:
        found.append(
            Error(
                "Every client is trusted to say where it comes from.",
                hint="Name the addresses of your proxies in PILOTHOUSE_TRUSTED_PROXIES.",
                id="pilothouse.E005",
            )
        )
    return found


def check_metrics(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A token that can be guessed is none."""
    token = settings.PILOTHOUSE_METRICS_TOKEN
    if token and len(token) < 16:
        return [
            Error(
                "PILOTHOUSE_METRICS_TOKEN is shorter than 16 characters.",
                hint="Take a long random one, or unset it to have no /metrics.",
                id="pilothouse.E006",
            )
        ]
    return []


ALWAYS = (check_secret_key, check_sqlite, check_hosts, check_https, check_metrics)
WITH_DATABASE = (check_durability,)
