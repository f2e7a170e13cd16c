# SPDX-License-Identifier: Apache-2.0
"""The only place that reads the environment. Every name is documented here."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parents[3]
POOL = {"min_size": 1, "max_size": 8, "timeout": 5}
"""Connections to PostgreSQL of one process; a request waits at most 5 seconds for one."""
PREPARED = {"server_side_binding": True, "prepare_threshold": 5}
"""PostgreSQL keeps the plan of what a connection asks again; to plan takes as long as to read."""


def use_fixed_sqlite() -> None:
    """Put the bundled SQLite in place of the interpreter's, where it is installed.

    SQLite 3.7.0 to 3.51.2 can damage a database in WAL mode when two connections
    checkpoint at once; many systems ship a version in that range.
    """
    if "sqlite3" in sys.modules and "pysqlite3" not in sys.modules:
        # Somebody imported it already (a test runner, coverage); Django reads it later.
        pass
    try:
        import pysqlite3
        import pysqlite3.dbapi2
    except ImportError:
        return
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2


def data_dir() -> Path:
    """PILOTHOUSE_DATA: folder of the database, uploads and the secret key (default ``var``)."""
    return Path(os.environ.get("PILOTHOUSE_DATA", ROOT / "var"))


def secret_key() -> str:
    """PILOTHOUSE_SECRET_KEY: 50 characters or more; else a key is kept in the data folder."""
    value = os.environ.get("PILOTHOUSE_SECRET_KEY", "")
    if value:
        return value
    path = data_dir() / "secret-key"
    try:
        return path.read_text().strip() if path.exists() else new_secret_key(path)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data folder {data_dir()} cannot be used ({error.strerror}). Let this user write "
            "to it, or name another in PILOTHOUSE_DATA."
        ) from None


def new_secret_key(path: Path) -> str:
    """Make a key that nobody else can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key = secrets.token_urlsafe(64)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(key)
    return key


def allowed_hosts() -> list[str]:
    """PILOTHOUSE_HOSTS: host names served, separated by commas (default: this machine only)."""
    return os.environ.get("PILOTHOUSE_HOSTS", "127.0.0.1,localhost,[::1]").split(",")


def https() -> bool:
    """PILOTHOUSE_HTTPS=1: served over TLS; cookies become Secure and HSTS is sent."""
    return os.environ.get("PILOTHOUSE_HTTPS", "") == "1"


def trusted_proxies() -> list[str]:
    """PILOTHOUSE_TRUSTED_PROXIES: addresses whose X-Forwarded-For and -Proto are believed."""
    text = os.environ.get("PILOTHOUSE_TRUSTED_PROXIES", "")
    return [address.strip() for address in text.split(",") if address.strip()]


def mail() -> dict[str, Any]:
    """PILOTHOUSE_MAIL: ``smtp://user:password@host:587`` (STARTTLS) or ``smtps://…:465``.

    Unset, mail is laid into the folder ``outbox`` of the data folder.
    """
    url = os.environ.get("PILOTHOUSE_MAIL", "")
    if not url:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": data_dir() / "outbox",
        }
    parts = split("PILOTHOUSE_MAIL", url, ("smtp", "smtps"))
    secure = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": parts.port or (465 if secure else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": secure,
        "EMAIL_USE_TLS": not secure,
        "EMAIL_TIMEOUT": 15,
    }


def split(name: str, url: str, schemes: tuple[str, ...]) -> SplitResult:
    """The parts of an address; the sentence of a refusal never repeats it, it holds a password."""
    try:
        parts = urlsplit(url)
        # Asking for the port refuses what is no number.
        whole = parts.scheme in schemes and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        raise ImproperlyConfigured(
            f"{name} is not understood. It starts with {' or '.join(f'{s}://' for s in schemes)}, "
            "then name and password if needed, a host, and a port in digits; other characters "
            "in the password are written as %40 for @, %2F for /."
        )
    return parts


def mail_from() -> str:
    """PILOTHOUSE_MAIL_FROM: sender of mails (default ``Pilothouse <pilothouse@localhost>``)."""
    return os.environ.get("PILOTHOUSE_MAIL_FROM", "Pilothouse <pilothouse@localhost>")


def metrics_token() -> str:
    """PILOTHOUSE_METRICS_TOKEN: bearer token that opens /metrics; unset, there is none."""
    return os.environ.get("PILOTHOUSE_METRICS_TOKEN", "")


def scanner() -> str:
    """PILOTHOUSE_SCANNER: what looks at files that come in: ``clamd:///run/clamav/clamd.ctl``,
    ``clamd://host:3310`` or ``command:/path/to/program``, with ``?timeout=60`` for other than 30
    seconds. Unset, files are taken in as they are.
    """
    return os.environ.get("PILOTHOUSE_SCANNER", "").strip()


def breached_passwords() -> str:
    """PILOTHOUSE_BREACHED_PASSWORDS: a file of further passwords to refuse, lines or SHA-1."""
    return os.environ.get("PILOTHOUSE_BREACHED_PASSWORDS", "")


def database() -> dict[str, Any]:
    """PILOTHOUSE_DATABASE: ``postgresql://user:password@host/name`` or a SQLite file path."""
    url = os.environ.get("PILOTHOUSE_DATABASE", "")
    if "://" in url:
        parts = split("PILOTHOUSE_DATABASE", url, ("postgresql", "postgres"))
        return {
            "ENGINE": "pilothouse.config.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": dict(parse_qsl(parts.query)) | {"pool": POOL} | PREPARED,
        }
    return sqlite(Path(url) if url else data_dir() / "pilothouse.sqlite3")


def sqlite(path: Path | str) -> dict[str, Any]:
    """Settings of a SQLite file: WAL with full sync, answered writes survive a power cut."""
    return {
        "ENGINE": "pilothouse.config.sqlite",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }
