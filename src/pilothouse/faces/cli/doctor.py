# SPDX-License-Identifier: Apache-2.0
"""``pilothouse check``: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connection
from django.utils import timezone

from pilothouse.engine._compile import is_kept
from pilothouse.foundation.core.health import missing_migrations, unknown_migrations
from pilothouse.foundation.core.models import AuditEvent, Job, JobRunner
from pilothouse.foundation.core.parts import installed_otherwise
from pilothouse.foundation.core.trail.verifying import disagreements
from pilothouse.foundation.scanning.queries import scanner_state

Finding = tuple[str, str, str]
"""(``ok``, ``warning`` or ``error``; what was looked at; what was found and what to do)."""


def run_check(options: argparse.Namespace) -> int:
    """Print every finding; 0 when nothing is wrong."""
    bad = {"error", "warning"} if options.strict else {"error"}
    failed = False
    for level, what, sentence in findings():
        failed = failed or level in bad
        print(f"{level:<8} {what}: {sentence}")
    return 1 if failed else 0


def refuse_to_start() -> bool:
    """Say on stderr what makes serving senseless or dangerous; whether there was anything."""
    wrong = [row for row in findings(before_start=True) if row[0] == "error"]
    for _, what, sentence in wrong:
        print(f"pilothouse: {what}: {sentence}", file=sys.stderr)
    return bool(wrong)


def findings(*, before_start: bool = False) -> Iterator[Finding]:
    """Everything looked at, in the order in which it should be mended."""
    yield from folders()
    yield from database()
    yield from settings_checks(before_start=before_start)
    if before_start:
        return
    for look in (clock, audit_trail, mail, scanner, static_files, jobs, kernels, parts):
        try:
            yield from look()
        except DatabaseError as error:
            yield "warning", look.__name__, f"not looked at, the database does not answer ({error})"


def folders() -> Iterator[Finding]:
    """The data folder must take files and be closed to others."""
    folder = Path(settings.PILOTHOUSE_DATA_DIR)
    if not folder.is_dir():
        yield "error", "folder", f"{folder} does not exist; make it, or set PILOTHOUSE_DATA"
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield "error", "folder", f"{folder} cannot be written to by this user"
        return
    yield "ok", "folder", f"{folder} can be written to"
    key = folder / "secret-key"
    if key.exists() and key.stat().st_mode & 0o077:
        yield "error", "secret key", f"others can read {key}; run: chmod 600 {key}"


def database() -> Iterator[Finding]:
    """It answers, it is up to date, and it is one that keeps what it was given."""
    try:
        knock()
        missing, unknown = missing_migrations(), unknown_migrations()
    except DatabaseError as error:
        why = " ".join(str(error).split())
        yield "error", "database", f"it does not answer ({why}); look at PILOTHOUSE_DATABASE"
        return
    yield "ok", "database", f"{connection.vendor} {version_text()} answers"
    if unknown:
        yield (
            "error",
            "migrations",
            f"a newer version has used this database ({unknown[0]} is not known here); "
            "install that version, or restore the backup made before it",
        )
    elif missing:
        yield "error", "migrations", f"{missing} are missing; run: pilothouse migrate"
    else:
        yield "ok", "migrations", "none is missing"


def knock() -> None:
    """Reach the database, or say at once why not: a pool would wait and hide the reason."""
    if connection.vendor == "postgresql" and connection.connection is None:
        asked = connection.get_connection_params() | {"connect_timeout": 5}
        with connection.wrap_database_errors:
            connection.Database.connect(**asked).close()  # type: ignore[attr-defined] # absent in stubs
    connection.ensure_connection()


def version_text() -> str:
    return ".".join(str(part) for part in connection.get_database_version())


def settings_checks(*, before_start: bool = False) -> Iterator[Finding]:
    """What the system checks say; their hints tell the cure.

    Models and addresses are the same in every installation, and to look at them takes longer
    than the rest of a start: serving begins with what an operator can set.
    """
    messages = checks.run_checks(
        tags=[checks.Tags.security, checks.Tags.database] if before_start else None,
        include_deployment_checks=True,
        databases=["default"],
    )
    for message in messages:
        if message.is_silenced():
            continue
        level = "error" if message.level >= checks.ERROR else "warning"
        hint = f" {message.hint}" if message.hint else ""
        yield level, message.id or "settings", f"{message.msg}{hint}"
    if not messages:
        yield "ok", "settings", "no system check complains"


def clock() -> Iterator[Finding]:
    """The clock must not stand before what is already in the database."""
    last = AuditEvent.objects.order_by("-at").values_list("at", flat=True).first()
    now = timezone.now()
    if last is not None and last > now:
        yield "error", "clock", f"it says {now:%Y-%m-%d %H:%M} UTC, but there are rows of {last}"
    else:
        yield "ok", "clock", f"it is {now:%Y-%m-%d %H:%M} UTC"


def audit_trail() -> Iterator[Finding]:
    """The end of the trail must be the one that is kept outside the database."""
    try:
        found = disagreements()
    except OSError as error:
        yield "warning", "audit trail", f"a kept head cannot be read ({error})"
        return
    for finding in found:
        yield (
            "error",
            "audit trail",
            f"{finding.says} Look with: pilothouse audit verify. If an older backup was restored: "
            "pilothouse audit accept --reason TEXT",
        )
    if not found:
        yield "ok", "audit trail", "it ends where the head that is kept outside says"


def mail() -> Iterator[Finding]:
    """Where mail goes."""
    if "filebased" in settings.EMAIL_BACKEND:
        yield (
            "warning",
            "mail",
            "no server is set, mail is laid into the folder outbox; "
            "set PILOTHOUSE_MAIL to let people reset their password",
        )
    else:
        yield "ok", "mail", f"goes through {settings.EMAIL_HOST}:{settings.EMAIL_PORT}"


def scanner() -> Iterator[Finding]:
    """Who looks at files that come in, and what waits for it."""
    state = scanner_state()
    many = "1 held file waits" if state.held == 1 else f"{state.held} held files wait"
    wait = f"; {many}" if state.held else ""
    if not state.is_set:
        level = "warning" if state.held else "ok"
        yield level, "scanner", f"none is set, files are taken in as they are{wait}"
    elif state.fault:
        yield (
            "warning",
            "scanner",
            f"it {state.fault}; files that come in are held until it answers{wait}",
        )
    else:
        yield "ok", "scanner", f"{state.answer} answers{wait}"


def static_files() -> Iterator[Finding]:
    """Pages without their files are unreadable."""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if manifest.exists():
        yield "ok", "static files", f"are in {settings.STATIC_ROOT}"
    else:
        yield "error", "static files", "they are not collected; run: pilothouse migrate"


def jobs() -> Iterator[Finding]:
    """Whether anybody runs background jobs, and which were given up."""
    parked = sorted(set(Job.objects.filter(state=Job.State.PARKED).values_list("name", flat=True)))
    if parked:
        yield (
            "warning",
            "jobs",
            f"{', '.join(parked)} failed too often and is parked; look into the log, "
            "then run: pilothouse worker --once --retry",
        )
    last = JobRunner.objects.order_by("-seen_at").first()
    if last is None:
        yield "warning", "jobs", "no runner was ever seen; start pilothouse serve or worker"
    elif (timezone.now() - last.seen_at).total_seconds() > 120:
        yield "warning", "jobs", f"no runner was seen since {last.seen_at:%Y-%m-%d %H:%M} UTC"
    else:
        yield "ok", "jobs", "a runner is at work"


def kernels() -> Iterator[Finding]:
    """Whether commands of the engine begin at once."""
    if is_kept():
        yield "ok", "engine", "its loops are compiled"
    else:
        yield (
            "ok",
            "engine",
            "its loops are not all compiled yet; the first command that needs them waits for it, "
            "unless you run: pilothouse warm",
        )


def parts() -> Iterator[Finding]:
    """Whether what is installed is what this version was tested with and is answered for."""
    others = list(installed_otherwise())
    if others:
        yield (
            "warning",
            "parts",
            f"{'; '.join(others)}. Install what requirements/run.txt names, "
            "or answer for these yourself",
        )
    else:
        yield "ok", "parts", "all are installed in the version that is listed"
