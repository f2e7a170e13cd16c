# SPDX-License-Identifier: Apache-2.0
"""The ``pilothouse`` command: which words it knows. What they do stands beside.

Nothing here imports Django: help and mistakes in the words are answered at once, and
settings are read only by a command that is about to run.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import re
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from pilothouse import __version__

OK, FAILED, USAGE = 0, 1, 2
"""Exit codes: done; tried and failed, or found something wrong; called wrongly, or what is needed
does not answer, so that nothing was tried."""
FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Of a status date; the engine's calendars reach a year further."""
LARGEST = 10**15
"""Amount of money or periods."""


def parser() -> argparse.ArgumentParser:
    """Every word and option, with a sentence each."""
    top = argparse.ArgumentParser(
        prog="pilothouse",
        description="A project management office in a box.",
        epilog="Settings come from the environment; see docs/reference/settings.md.",
    )
    top.add_argument("--version", action="version", version=f"pilothouse {__version__}")
    words = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    serve = words.add_parser("serve", help="serve the pages and run background jobs")
    address(serve)
    serve.add_argument("--migrate", action="store_true", help="bring the database up to date first")
    serve.add_argument(
        "--no-jobs", action="store_true", help="leave background jobs to `pilothouse worker`"
    )

    worker = words.add_parser("worker", help="run background jobs only")
    worker.add_argument("--once", action="store_true", help="do what is due and stop")
    worker.add_argument("--retry", action="store_true", help="first let parked jobs be tried again")

    demo = words.add_parser("demo", help="load the two demo offices where they are not loaded")
    demo.add_argument("--reset", action="store_true", help="throw the demo's data away first")
    demo.add_argument("--serve", action="store_true", help="then serve it")
    address(demo)

    imports = words.add_parser("import", help="read files into the product")
    kinds = imports.add_subparsers(dest="kind", required=True, metavar="WHAT")
    plan = kinds.add_parser("plan", help="a plan file into a project: XML, XER or JSON")
    plan.add_argument("--project", required=True, metavar="CODE", help="code of the project")
    plan.add_argument(
        "--file-project",
        default="",
        metavar="NAME",
        help="number or short name of one of several projects in the file",
    )
    portfolio = kinds.add_parser("portfolio", help="a CSV or XLSX file of projects")
    portfolio.add_argument("--portfolio", required=True, metavar="CODE", help="where they belong")
    gmpp = kinds.add_parser("gmpp", help="files of the UK's Government Major Projects Portfolio")
    for kind in (plan, portfolio, gmpp):
        kind.add_argument("files", nargs="+", metavar="FILE")
    for kind in (plan, portfolio):
        kind.add_argument("--as", dest="email", required=True, metavar="MAIL", help="who imports")

    words.add_parser("scan", help="show the scanner of files what is stored and what is held")
    words.add_parser("migrate", help="bring the database up to date")
    check = words.add_parser("check", help="say what is wrong with this installation")
    check.add_argument("--strict", action="store_true", help="fail on warnings too")

    audit_words(words)

    admin = words.add_parser("createadmin", help="make the first system administrator")
    admin.add_argument("--email", help="else PILOTHOUSE_ADMIN_EMAIL, else asked for")
    admin.add_argument("--name", help="full name (default: the mail address)")
    admin.add_argument(
        "--director-of",
        metavar="UNIT",
        help="also open the office with this name and head it",
    )
    admin.add_argument(
        "--currency", default="EUR", help="of the office that is opened (default: %(default)s)"
    )

    warming = words.add_parser("warm", help="compile the engine's loops, once for each version")
    warming.add_argument(
        "--background", action="store_true", help="in a process of the least priority"
    )
    words.add_parser("refresh", help="compute the health of every project now")
    parts = words.add_parser("parts", help="list what this version is made of, with licences")
    parts.add_argument(
        "--json", action="store_true", help="print the list as CycloneDX, with hashes"
    )
    keeping = words.add_parser("retention", help="remove what the rules of offices no longer keep")
    keeping.add_argument("--dry-run", action="store_true", help="only tell what would go")
    keeping.add_argument("--json", action="store_true", help="print JSON instead of a table")
    on_files(words)
    return top


def audit_words(words: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """What an operator or auditor asks of the audit trail."""
    audit = words.add_parser(
        "audit", help="show where the audit trail ends, or whether it is whole"
    )
    kinds = audit.add_subparsers(dest="kind", required=True, metavar="WHAT")
    kinds.add_parser("head", help="print position and seal of the end, to be kept elsewhere")
    verify = kinds.add_parser(
        "verify",
        help="look at every event: 0 all is as it was sealed, 1 something is not, "
        "2 the trail could not be looked at",
    )
    verify.add_argument(
        "--head",
        action="append",
        default=[],
        type=kept_head,
        metavar="POSITION:SEAL",
        help="an end that was kept elsewhere; may be given several times",
    )
    verify.add_argument("--json", action="store_true", help="print JSON instead of sentences")
    accept = kinds.add_parser(
        "accept", help="go on from where the trail ends, after an older backup was restored"
    )
    accept.add_argument("--reason", required=True, metavar="TEXT", help="kept in the trail")


def on_files(words: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The engine on files: commands that need no database."""
    schedule = words.add_parser("schedule", help="compute the dates of a plan file")
    explain = words.add_parser(
        "explain", help="say why a task of a plan file is where it is, and why not later"
    )
    assess = words.add_parser("assess", help="hold a plan file against the fourteen points")
    evm = words.add_parser("evm", help="earned value and its forecasts from a CSV file")
    convert = words.add_parser("convert", help="write a plan file in another format")
    level = words.add_parser("level", help="level the resources of a plan file")
    simulate = words.add_parser("simulate", help="simulate schedule and cost risk of a plan file")
    select = words.add_parser("select", help="select a portfolio from a file of candidates")
    for command in (schedule, explain, assess, convert, level, simulate):
        command.add_argument("file", metavar="FILE", help="a plan in any form that can be read")
        command.add_argument(
            "--project",
            default="",
            metavar="ID",
            help="which one, where a file holds several projects",
        )
    convert.add_argument("target", metavar="OUT", help="ends in .xml, .xer or .json")
    for command in (schedule, explain, assess, level, simulate):
        command.add_argument(
            "--status-date",
            type=status_date,
            metavar="DATE",
            help="2025-03-14 (its end) or 2025-03-14T12:00; default: that of the plan. Work that "
            "is not done moves behind it; behind the plan's own date not in a file of Microsoft "
            "Project or of another tool than Primavera",
        )
        command.add_argument(
            "--dialect",
            choices=("ms", "p6", "standard"),
            help="whose rules decide where tools differ (default: those of the file)",
        )
    schedule.add_argument(
        "--compare", action="store_true", help="show which dates differ from those in the file"
    )
    explain.add_argument("uid", type=int, metavar="UID", help="uid of the task")
    level.add_argument(
        "--within-float", action="store_true", help="delay tasks only where no finish moves"
    )
    level.add_argument(
        "--past-dates",
        action="store_true",
        help="delay tasks also past their deadlines, latest dates and the imposed finish",
    )
    level.add_argument(
        "--rule",
        choices=("late_start", "late_finish", "total_float", "priority"),
        default="late_start",
        help="which task of a plan comes first (default: %(default)s)",
    )
    level.add_argument(
        "--scheme",
        choices=("serial", "parallel"),
        default="serial",
        help="how the first schedule of a plan is generated (default: %(default)s); the search "
        "begins with both",
    )
    simulate.add_argument("--iterations", type=count, default=10_000, help="default: %(default)s")
    simulate.add_argument(
        "--risks", metavar="RISKS", help="JSON file (default: -10 to +25 %% on every open task)"
    )
    simulate.add_argument(
        "--milestone",
        action="append",
        default=[],
        type=count,
        metavar="UID",
        help="a task whose finish is wanted too; may be given up to 100 times",
    )
    select.add_argument("file", metavar="FILE", help="JSON, see docs/reference/selection-file.md")
    for command, usual in ((level, 10.0), (select, 60.0)):
        command.add_argument(
            "--time-limit",
            type=seconds,
            default=usual,
            metavar="S",
            help="seconds (default: %(default)s)",
        )
    for command in (level, simulate, select):
        command.add_argument(
            "--seed", type=count, default=1, help="of the random numbers (default: %(default)s)"
        )
    evm.add_argument("file", metavar="FILE", help="columns period, pv, ev, ac; cumulative")
    evm.add_argument("--at", type=amount, help="periods elapsed (default: those with ev)")
    evm.add_argument("--etc", type=amount, help="bottom-up estimate of what remains")
    evm.add_argument("--eac", type=amount, help="agreed estimate at completion")
    evm.add_argument("--target", type=amount, help="periods in which the work is to end")
    for command in (schedule, explain, assess, evm, convert, level, simulate, select):
        command.add_argument("--json", action="store_true", help="print JSON instead of a table")


def status_date(text: str) -> datetime:
    """An instant; a date alone means the end of its day."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"‘{text}’ is no date; write 2025-03-14") from error
    if value.tzinfo is not None:
        raise argparse.ArgumentTypeError(f"‘{text}’ names a zone; write the plan's own time")
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise argparse.ArgumentTypeError(
            f"‘{text}’ is out of range; write a day of the years {FIRST_YEAR} to {LAST_YEAR}"
        )
    return value + timedelta(days=1) if len(text) <= len("2025-03-14") else value


def kept_head(text: str) -> tuple[int, str]:
    """An end of the audit trail, as `pilothouse audit head` prints it."""
    position, _, seal = text.strip().partition(":")
    if position.isdecimal() and len(position) < 19 and re.fullmatch("[0-9a-f]{64}", seal):
        return int(position), seal
    raise argparse.ArgumentTypeError(
        f"‘{text}’ is no end of a trail; write POSITION:SEAL as `pilothouse audit head` prints it"
    )


def amount(text: str) -> Decimal:
    """An amount of money or periods."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise argparse.ArgumentTypeError(f"‘{text}’ is no number")
    if not -LARGEST <= value <= LARGEST:
        raise argparse.ArgumentTypeError(f"‘{text[:40]}’ is too large; give up to {LARGEST:,}")
    return value


def address(command: argparse.ArgumentParser) -> None:
    """Where to listen."""
    command.add_argument("--host", default="127.0.0.1", help="address (default: %(default)s)")
    command.add_argument("--port", type=port, default=8000, help="port (default: %(default)s)")


def port(text: str) -> int:
    """A port a server can listen on."""
    if text.isdecimal() and len(text) < 6 and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"‘{text}’ is no port; take 1 to 65535")


def count(text: str) -> int:
    """A whole number, 0 or more."""
    if text.isdecimal() and len(text) < 10:
        return int(text)
    raise argparse.ArgumentTypeError(f"‘{text}’ is no whole number from 0 up")


def seconds(text: str) -> float:
    """A time above 0."""
    value = float(amount(text))
    if 0 < value <= 86_400:
        return value
    raise argparse.ArgumentTypeError(f"‘{text}’ is no time; take more than 0 and up to 86400")


MODULES = {
    "serve": "serving",
    "worker": "serving",
    "demo": "demo",
    "import": "importing",
    "migrate": "upkeep",
    "check": "doctor",
    "audit": "auditing",
    "createadmin": "admin",
    "refresh": "upkeep",
    "parts": "parts",
    "scan": "scanning",
    "retention": "keeping",
    "warm": "warming",
    "schedule": "plans",
    "explain": "plans",
    "assess": "plans",
    "convert": "plans",
    "evm": "money",
    "level": "levelling",
    "simulate": "simulation",
    "select": "selecting",
}
"""Command → module of this folder with a function ``run_<command>(options) -> int``."""
ON_FILES = frozenset({"plans", "money", "levelling", "simulation", "selecting", "warming"})
"""Modules that run the engine, without settings and database."""
ON_NOTHING = frozenset({"parts"})
"""Modules that need neither."""


def _tell_of_compiling() -> None:
    print(
        "Compiling the engine's loops, once for each version: this may take a minute or two …",
        file=sys.stderr,
    )


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; errors go to stderr, the result is the exit code."""
    options = parser().parse_args(words)
    # To load the product makes several hundred thousand objects that all stay: there is no
    # rubbish to be looked for at every seven hundredth, as is usual.
    gc.set_threshold(50_000, 20, 20)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pilothouse.config.settings.prod")
    try:
        name = MODULES[options.command]
        if name in ON_FILES:
            compiling = importlib.import_module("pilothouse.engine._compile")
            compiling.on_compiling(_tell_of_compiling)
        elif name not in ON_NOTHING:
            importlib.import_module("django").setup()
        module = importlib.import_module(f"pilothouse.faces.cli.{name}")
        return int(getattr(module, f"run_{options.command}")(options))
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        sentence = sentence_of(error)
        if sentence is None:
            raise
        print(f"pilothouse {options.command}: {sentence}", file=sys.stderr)
        return USAGE if is_unavailable(error) else FAILED


def is_unavailable(error: Exception) -> bool:
    """Whether something that is needed does not answer."""
    known = getattr(sys.modules.get("pilothouse.foundation.core.errors"), "Unavailable", None)
    return known is not None and isinstance(error, known)


def sentence_of(error: Exception) -> str | None:
    """What to tell a person about an error that is theirs to mend, else None."""
    for kind, advice in (
        ("pilothouse.foundation.core.errors.PilothouseError", ""),
        ("pilothouse.engine.errors.EngineError", ""),
        ("django.core.exceptions.ImproperlyConfigured", ""),
        (
            "django.db.utils.OperationalError",
            ". Is PILOTHOUSE_DATABASE right, does the database run, "
            "and is it up to date (pilothouse migrate)?",
        ),
    ):
        module, _, name = kind.rpartition(".")
        known = getattr(sys.modules.get(module), name, None)
        if known is not None and isinstance(error, known):
            code = getattr(error, "code", "")
            return f"{' '.join(str(error).split())}{advice}{code and f' [{code}]'}"
    if not isinstance(error, OSError):
        return None
    return f"{error.filename}: {error.strerror}." if error.filename else str(error)
