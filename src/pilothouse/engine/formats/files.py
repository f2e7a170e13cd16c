# SPDX-License-Identifier: Apache-2.0
"""Any plan file: which reader it needs is seen from its content, and from its name at last.

A new format is one line in ``FORMATS``. Problems of benchmark sets (PSPLIB, Patterson, ProGen) are
no plans: they have no dates, and their readers stand beside this module.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePath
from typing import BinaryIO

from pilothouse.engine.calendars import CalendarSpec
from pilothouse.engine.errors import FormatError
from pilothouse.engine.formats import mspdi, plan_json, xer
from pilothouse.engine.formats.mpxj import read_by_mpxj
from pilothouse.engine.formats.mspdi import check_head, read_mspdi, write_mspdi
from pilothouse.engine.formats.plan_json import read_plan_json, write_plan_json
from pilothouse.engine.formats.xer import read_xer, write_xer
from pilothouse.engine.merging import EVERYTHING, Holds
from pilothouse.engine.network.plan import Notice, Plan

HEAD_BYTES = 65_536
MAX_BYTES = 50 * 1024 * 1024

_ROOT = re.compile(r"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_NOT_CONTENT = re.compile(r"<!--.*?(?:-->|$)|<\?.*?(?:\?>|$)", re.DOTALL)
_MPXJ_ROOTS = frozenset({"APIBusinessObjects", "project", "Document"})
"""First elements of PMXML, of GanttProject and Planner, and of ConceptDraw."""
_MPXJ_SUFFIXES = frozenset(
    {".mpp", ".mpt", ".mpx", ".pmxml", ".pod", ".pp", ".gan", ".planner", ".sdef", ".cdpx"}
)

_OF_PROJECT = frozenset(
    {
        "level_of_effort",
        "constraint_hard",
        "percent_type",
        "expected_finish",
        "external_early_start",
        "external_late_finish",
        "steps",
        "custom",
    }
)
_MSPDI_HOLDS = Holds(
    tasks=EVERYTHING.tasks - _OF_PROJECT,
    plan=EVERYTHING.plan - {"imposed_finish", "lag_calendar", "rules", "time_zone"},
)
_OF_PRIMAVERA = frozenset(
    {
        "manual",
        "entered",
        "estimated",
        "elapsed_duration",
        "effort_driven",
        "active",
        "external",
        "leveling_delay_minutes",
        "steps",
        "custom",
    }
)
_XER_HOLDS = Holds(
    tasks=EVERYTHING.tasks - _OF_PRIMAVERA,
    plan=EVERYTHING.plan - {"days_per_month", "time_zone"},
    summaries=frozenset({"name", "wbs", "cost", "stored", "guid"}),
    inactive=False,
)
"""What the writers leave out: see ``docs/reference/microsoft-project-xml.md`` and its neighbour."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader is told beside the file.

    Parameters
    ----------
    suffix : str
        Ending of the file's name, in small letters.
    project : str
        Number or short name, for files of several projects.
    most_bytes : int
    default_calendar : CalendarSpec
        The plan's calendar where the format may leave it out and the file does.
    """

    suffix: str = ""
    project: str = ""
    most_bytes: int = MAX_BYTES
    default_calendar: CalendarSpec = mspdi.STANDARD


Recognise = Callable[[bytes, str], bool]
Read = Callable[[BinaryIO, Wanted], Plan]
Write = Callable[[Plan, list[Notice]], bytes]


@dataclass(frozen=True, slots=True)
class PlanFormat:
    """One kind of file.

    Parameters
    ----------
    name : str
        For people.
    suffix : str
        Of files that are written; empty where none is.
    recognise : function of (head, suffix)
        Whether a file that begins so is of this kind.
    read : function of (source, wanted)
    write : function of (plan, notices), optional
        Adds to the notices what the format cannot hold.
    own : bool
        Read here, by nothing but the engine.
    holds : Holds
        What such a file can say.
    """

    name: str
    suffix: str
    recognise: Recognise
    read: Read
    write: Write | None = None
    own: bool = True
    holds: Holds = EVERYTHING


def _root(head: bytes) -> str:
    """The name of the first element of an XML file; empty for anything else."""
    encoding = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    text = head.decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    if not text.startswith("<"):
        return ""
    found = _ROOT.search(_NOT_CONTENT.sub("", text))
    return found[2] if found else "?"


def _is_mpxj(head: bytes, suffix: str) -> bool:
    if head.startswith((_OLE, b"MPX")):
        return True
    root = _root(head)
    return root in _MPXJ_ROOTS if root else suffix in _MPXJ_SUFFIXES


def _read_by_mpxj(source: BinaryIO, wanted: Wanted) -> Plan:
    head = source.read(HEAD_BYTES)
    if _root(head):
        check_head(head)
    source.seek(0)
    return read_by_mpxj(source, wanted.suffix or ".mpp")


FORMATS: tuple[PlanFormat, ...] = (
    PlanFormat(
        "Primavera XER",
        ".xer",
        lambda head, _suffix: head.removeprefix(codecs.BOM_UTF8).startswith(b"ERMHDR"),
        lambda source, wanted: read_xer(
            source, project=wanted.project, limits=xer.Limits(bytes=wanted.most_bytes)
        ),
        write_xer,
        holds=_XER_HOLDS,
    ),
    PlanFormat(
        "plan as JSON",
        ".json",
        lambda head, _suffix: head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{"),
        lambda source, wanted: read_plan_json(
            source, limits=plan_json.Limits(bytes=wanted.most_bytes)
        ),
        lambda plan, _notices: write_plan_json(plan),
    ),
    PlanFormat(
        "Microsoft Project MPP, Primavera PMXML and others by MPXJ",
        "",
        _is_mpxj,
        _read_by_mpxj,
        own=False,
        holds=_MSPDI_HOLDS,
    ),
    PlanFormat(
        "Microsoft Project XML",
        ".xml",
        lambda head, _suffix: head.startswith((b"PK", _OLE)) or _root(head) != "",
        lambda source, wanted: read_mspdi(
            source,
            limits=mspdi.Limits(bytes=wanted.most_bytes),
            default_calendar=wanted.default_calendar,
        ),
        write_mspdi,
        holds=_MSPDI_HOLDS,
    ),
)
"""In the order in which they are asked."""


def read_plan_file(
    source: Path | str | BinaryIO,
    name: str = "",
    *,
    project: str = "",
    formats: tuple[PlanFormat, ...] = FORMATS,
    most_bytes: int = MAX_BYTES,
    default_calendar: CalendarSpec = mspdi.STANDARD,
) -> Plan:
    """Read a plan of any kind that is known.

    Parameters
    ----------
    source : path or binary file
        Read from its present position; 50 MB at most.
    name : str
        Name of the file, for its ending; that of a path where it is not given.
    project : str
        Number or short name, for files of several projects (Primavera XER).
    formats : tuple of PlanFormat
        Those that are tried.
    most_bytes : int
        Of the file; formats that are converted have their own bound.
    default_calendar : CalendarSpec
        The plan's calendar where a Microsoft Project XML file brings none.

    Returns
    -------
    Plan

    Raises
    ------
    FormatError
        ``files.empty``, ``files.unknown``, and the codes of each format.

    Notes
    -----
    The content decides. The ending of the name counts only where the content does not tell.
    """
    if isinstance(source, Path | str):
        with Path(source).open("rb") as file:
            return read_plan_file(
                file,
                name or PurePath(source).name,
                project=project,
                formats=formats,
                most_bytes=most_bytes,
                default_calendar=default_calendar,
            )
    if not source.seekable():
        source = BytesIO(source.read(most_bytes + 1))
    suffix = PurePath(name).suffix.lower()
    found = format_of(source, name, formats=formats)
    return found.read(source, Wanted(suffix, project, most_bytes, default_calendar))


def format_of(
    source: Path | str | BinaryIO, name: str = "", *, formats: tuple[PlanFormat, ...] = FORMATS
) -> PlanFormat:
    """The kind of a plan file, as ``read_plan_file`` sees it.

    Parameters
    ----------
    source : path or binary file
        One that can go back; it stays where it is.
    name : str
        Name of the file, for its ending; that of a path where it is not given.
    formats : tuple of PlanFormat
        Those that are tried.

    Raises
    ------
    FormatError
        ``files.empty``, ``files.unknown``.
    """
    if isinstance(source, Path | str):
        with Path(source).open("rb") as file:
            return format_of(file, name or PurePath(source).name, formats=formats)
    begin = source.tell()
    head = source.read(HEAD_BYTES)
    source.seek(begin)
    if not head.strip():
        raise FormatError(
            "files.empty",
            "The file is empty; save or export the plan once more.",
            (name,) if name else (),
        )
    suffix = PurePath(name).suffix.lower()
    found = next((form for form in formats if form.recognise(head, suffix)), None)
    if found is None:
        known = ", ".join(form.name for form in formats)
        raise FormatError(
            "files.unknown",
            f"This is no plan that can be read. Known are: {known}.",
            (name,) if name else (),
        )
    return found


def written_format(name: str) -> PlanFormat:
    """The kind of plan file that the ending of a name says: .xml, .xer or .json.

    Raises
    ------
    FormatError
        ``files.not_written``.
    """
    suffix = PurePath(name).suffix.lower()
    found = next((form for form in FORMATS if form.suffix and form.suffix == suffix), None)
    if found is None:
        raise FormatError(
            "files.not_written",
            f"No plan can be written as ‘{suffix or name[:60]}’; choose .xml (Microsoft Project "
            "XML), .xer (Primavera) or .json.",
            (name,) if name else (),
        )
    return found


def write_plan_file(
    plan: Plan, target: Path | str | BinaryIO, name: str = ""
) -> tuple[Notice, ...]:
    """Write a plan in the format that the ending of the name says: .xml, .xer or .json.

    Parameters
    ----------
    plan : Plan
    target : path or binary file
        A file that is there is replaced once the new one is whole.
    name : str
        Name of the file; that of a path where it is not given.

    Returns
    -------
    tuple of Notice
        What the format has no place for.

    Raises
    ------
    FormatError
        ``files.not_written``, ``files.no_folder``, and the codes of each format.
    OSError
        The file cannot be written.
    """
    if isinstance(target, Path | str):
        name = name or PurePath(target).name
    write = written_format(name).write
    assert write is not None
    notices: list[Notice] = []
    data = write(plan, notices)
    if isinstance(target, Path | str):
        _replace(Path(target), data)
    else:
        target.write(data)
    return tuple(notices)


def _replace(path: Path, data: bytes) -> None:
    """Write a file beside and put it in place once it is whole; errors name the file itself."""
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    except FileNotFoundError as error:
        raise FormatError(
            "files.no_folder",
            f"The folder ‘{path.parent}’ is not there; make it or choose another one.",
            (str(path),),
        ) from error
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise OSError(error.errno, error.strerror, str(path)) from error
