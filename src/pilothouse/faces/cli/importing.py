# SPDX-License-Identifier: Apache-2.0
"""Reading files into the product by the same services as the pages; all of a file or nothing."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from pilothouse.delivery.planning.services import import_plan
from pilothouse.delivery.projects.models import Portfolio, Project
from pilothouse.delivery.projects.rules import visible_portfolios, visible_projects
from pilothouse.exchange.models import ImportJob, ImportRow
from pilothouse.exchange.queries import problem_table
from pilothouse.exchange.services import (
    MAX_IMPORT_BYTES,
    apply_import,
    check_import,
    discard_import,
    load_years,
    reading_of,
    start_import,
)
from pilothouse.faces.cli.main import FAILED, OK, USAGE, sentence_of
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import (
    Invalid,
    NotFound,
    PilothouseError,
    Unavailable,
)
from pilothouse.foundation.organisation.queries import get_unit

SHOWN = 20
"""Problems that are printed for a file."""


def run_import(options: argparse.Namespace) -> int:
    """Import each file in turn; a refused one is named and does not stop the next.

    Where the scanner of files does not answer, nothing is held: whoever calls can call again.
    """
    if options.kind == "gmpp":
        return _gmpp([Path(name) for name in options.files])
    actor = _actor(options.email)
    one: Callable[[Path], str]
    if options.kind == "plan":
        if len(options.files) > 1:
            raise Invalid("cli.files", "A project has one plan; name one file.")
        project = _project(actor, options.project)
        one = lambda path: _plan(actor, project, path, options.file_project)  # noqa: E731
    else:
        portfolio = _portfolio(actor, options.portfolio)
        one = lambda path: _table(actor, portfolio, path)  # noqa: E731
    code = OK
    for name in options.files:
        try:
            print(f"{name}: {one(Path(name))}")
        except OSError as error:
            code = max(code, FAILED)
            print(sentence_of(error), file=sys.stderr)
        except PilothouseError as error:
            code = max(code, USAGE if isinstance(error, Unavailable) else FAILED)
            print(f"{name}: {error}", file=sys.stderr)
    return code


def _actor(email: str) -> Actor:
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        raise NotFound("cli.person", f"Nobody with the address {email} may sign in.")
    return user.actor("cli")


def _project(actor: Actor, code: str) -> Project:
    rows = visible_projects(actor).filter(code__iexact=code).select_related("portfolio__org_unit")
    found = list(rows[:2])
    if len(found) != 1:
        why = "several projects have" if found else "no project in sight has"
        raise NotFound("cli.project", f"{why.capitalize()} the code {code}.")
    return found[0]


def _portfolio(actor: Actor, code: str) -> Portfolio:
    rows = visible_portfolios(actor).filter(code__iexact=code).select_related("org_unit")
    found = list(rows[:2])
    if len(found) != 1:
        why = "several portfolios have" if found else "no portfolio in sight has"
        raise NotFound("cli.portfolio", f"{why.capitalize()} the code {code}.")
    return found[0]


def _plan(actor: Actor, project: Project, path: Path, file_project: str) -> str:
    with path.open("rb") as source:
        outcome = import_plan(
            actor=actor,
            project=project,
            source=BytesIO(source.read()),
            file_name=path.name,
            file_project=file_project,
        )
    counts = ", ".join(f"{count} {name}" for name, count in outcome.counts.items())
    return f"{counts}; finish {outcome.finish_after or 'unknown'}."


def _table(actor: Actor, portfolio: Portfolio, path: Path) -> str:
    with path.open("rb") as source:
        data = source.read(MAX_IMPORT_BYTES + 1)
    job = start_import(
        actor=actor,
        office=get_unit(actor, portfolio.office_id),
        file_name=path.name,
        data=data,
        portfolio=portfolio,
    )
    try:
        job = check_import(actor=actor, job_id=job.pk, version=job.version, reading=reading_of(job))
        if job.counts.get(ImportRow.Action.PROBLEM):
            raise Invalid("cli.problems", _problems(actor, job))
        job = apply_import(actor=actor, job_id=job.pk, version=job.version)
    except PilothouseError:
        discard_import(actor=actor, job_id=job.pk, version=job.version)
        raise
    counts = [job.counts.get(name, 0) for name in ("create", "update", "unchanged")]
    return "{} new, {} changed, {} unchanged.".format(*counts)


def _problems(actor: Actor, job: ImportJob) -> str:
    rows = problem_table(actor, job)
    said = [f"  row {number}, {label}: {why}" for number, _, _, label, why in rows]
    more = [f"  and {len(said) - SHOWN} more"] if len(said) > SHOWN else []
    count = len({number for number, *_ in rows})
    many = "1 row has" if count == 1 else f"{count} rows have"
    return "\n".join([f"{many} problems; nothing was brought in.", *said[:SHOWN], *more])


def _gmpp(files: list[Path]) -> int:
    report = load_years(actor=Actor.system("import"), files=files, today=clock.today())
    for name in report.skipped:
        print(f"{name}: already loaded, passed over.")
    if report.years:
        years = ", ".join(str(year) for year in report.years)
        print(
            f"{report.office.name} {years}: {report.entered} projects new, {report.revised} "
            f"changed, {report.snapshots} snapshots; {len(report.near_misses)} doubtful pairs, "
            f"{report.notices} notices (see Imports, Published portfolios)."
        )
    return 0
