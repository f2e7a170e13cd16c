# SPDX-License-Identifier: Apache-2.0
"""Published reports → one office with departments, projects and a snapshot for each year."""

from __future__ import annotations

import dataclasses
import gzip
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.db import transaction

from pilothouse.delivery.projects.models import Portfolio, Project
from pilothouse.delivery.projects.queries import held_values
from pilothouse.delivery.projects.services import (
    Entry,
    Past,
    Revision,
    Span,
    Stage,
    Stay,
    correct_pasts,
    create_portfolio,
    enter_projects,
    revise_projects,
    set_portfolio_state,
)
from pilothouse.direction.performance.queries import published_states
from pilothouse.direction.performance.services import publish_history
from pilothouse.exchange.gmpp.departments import BY_CODE, Department
from pilothouse.exchange.gmpp.matching import Identity, Match, Matcher, Method, NearMiss
from pilothouse.exchange.gmpp.reading import Published, Report, read_report, status_date_of
from pilothouse.exchange.gmpp.telling import (
    correction_of,
    is_early,
    publications_of,
    state_on,
    values_of,
)
from pilothouse.exchange.models import PublishedFile, PublishedRecord
from pilothouse.exchange.sandbox import MAX_BYTES, read_untrusted
from pilothouse.exchange.tables import read_table
from pilothouse.exchange.workbooks import TableError
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.organisation.models import Currency, OrgUnit
from pilothouse.foundation.organisation.services import create_unit, save_currency
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.foundation.scanning.services import Arrival, admit

OFFICE_CODE = "UKGOV"
ATTRIBUTION = (
    "Contains public sector information licensed under the Open Government Licence v3.0 "
    "(https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/). "
    "Source: Government Major Projects Portfolio data, published yearly by HM Government "
    "(Major Projects Authority, Infrastructure and Projects Authority). Delivery confidence, "
    "dates, costs and comments are as published; slips are computed by Pilothouse against the "
    "first end date that was published."
)
DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file by name and content; ``trusted`` ones are read without a child process."""

    name: str
    data: bytes
    trusted: bool = False


@dataclass(slots=True)
class MatchReport:
    """What a load did: projects entered and changed, matches by method, doubts, remarks."""

    office: OrgUnit
    years: list[int] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    entered: int = 0
    revised: int = 0
    snapshots: int = 0
    methods: Counter[str] = field(default_factory=Counter)
    near_misses: list[NearMiss] = field(default_factory=list)
    notices: int = 0


@dataclass(slots=True)
class Life:
    """A project through the years while it is being loaded."""

    identity: Identity
    project: Project | None = None
    rows: dict[int, Published] = field(default_factory=dict)
    """Year → what is published, for the years of this load."""
    stored: dict[int, PublishedRecord] = field(default_factory=dict)
    """Year → what an earlier load kept."""
    early: set[int] = field(default_factory=set)
    """Years of earlier loads that show it in early planning."""
    matches: dict[int, Match] = field(default_factory=dict)

    @property
    def years(self) -> list[int]:
        """All years the project was published in."""
        return sorted({*self.rows, *self.stored})

    def department_in(self, year: int) -> str:
        """Code of the department that a report names."""
        return (
            self.rows[year].department.code if year in self.rows else self.stored[year].department
        )

    def early_in(self, year: int) -> bool:
        """Whether a report shows it in early planning."""
        return year in self.early or is_early(self.rows.get(year))


def shipped_files() -> list[Path]:
    """The published files that come with the product, oldest first."""
    return sorted(DATA.glob("*.csv.gz"))


def source_file(path: Path) -> SourceFile:
    """A file from disk, unpacked if it is compressed; refuses what unpacks too large."""
    data = path.read_bytes()
    name = path.name
    if data[:2] == b"\x1f\x8b":
        name = name.removesuffix(".gz")
        try:
            with gzip.open(io.BytesIO(data)) as stream:
                data = stream.read(MAX_BYTES + 1)
        except (OSError, EOFError) as error:
            raise Invalid("exchange.gzip", f"{path.name} is damaged: {error}.") from None
    if len(data) > MAX_BYTES:
        raise Invalid("exchange.bytes", f"{path.name} is larger than {MAX_BYTES // 2**20} MB.")
    return SourceFile(name, data, trusted=path.parent == DATA)


def load_years(*, actor: Actor, files: Sequence[Path | SourceFile], today: date) -> MatchReport:
    """Bring published years of the portfolio into its own office; all or nothing.

    A file that is already loaded is passed over. Each year becomes one published snapshot a
    project; the register shows the last year, and approved dates and a past as if the years had
    been loaded in their order.
    Who: the system. Writes: units, portfolios, projects, snapshots, the match report.
    Raises: Invalid naming file and reason; as ``scanning.admit`` of files that are not shipped.
    """
    if not actor.is_system:
        raise NotAllowed("exchange.gmpp", "Published portfolios are loaded by the operator.")
    sources = [item if isinstance(item, SourceFile) else source_file(item) for item in files]
    _admit(actor, [source for source in sources if not source.trusted])
    return _load(actor, sources, today)


def _admit(actor: Actor, sources: Sequence[SourceFile]) -> None:
    office = OrgUnit.objects.filter(code=OFFICE_CODE, parent=None).first()
    for source in sources:
        arrival = Arrival(
            door=IncomingFile.Door.PUBLISHED,
            place="Published portfolios",
            file_name=source.name[:200],
            data=source.data,
            office_id=office.pk if office else None,
        )
        admit(actor=actor, arrival=arrival)


@transaction.atomic
def _load(actor: Actor, sources: Sequence[SourceFile], today: date) -> MatchReport:
    office = _office(actor)
    outcome = MatchReport(office)
    reports = _read(sources, office, outcome, today)
    if not reports:
        return outcome
    published = published_states(office.pk)
    lives = _known_lives(office, published)
    near: dict[int, list[NearMiss]] = {}
    for report in reports:
        near[report.year] = _match(report, lives, outcome)
    years = sorted(
        {*PublishedFile.objects.filter(office=office).values_list("year", flat=True)}
        | {report.year for report in reports}
    )
    portfolios = _portfolios(actor, office, reports)
    _enter(actor, lives, years, portfolios, outcome)
    _revise(actor, lives, years, portfolios, outcome)
    sources_of = {report.year: report.file_name for report in reports}
    outcome.snapshots = publish_history(
        actor=actor,
        publications=[
            publication
            for life in lives
            for publication in publications_of(
                life.project, life.rows, life.stored, years, portfolios, sources_of, published
            )
        ],
    )
    _keep(office, reports, lives, near)
    core.record(
        actor=actor,
        action="gmpp.load",
        obj=office,
        after={
            "years": outcome.years,
            "entered": outcome.entered,
            "revised": outcome.revised,
            "snapshots": outcome.snapshots,
        },
        office_id=office.pk,
    )
    return outcome


def _read(
    sources: Iterable[SourceFile], office: OrgUnit, outcome: MatchReport, today: date
) -> list[Report]:
    loaded = {file.year: file for file in PublishedFile.objects.filter(office=office)}
    reports: dict[int, Report] = {}
    for source in sources:
        try:
            table = read_table(source.data) if source.trusted else read_untrusted(source.data)
            report = read_report(table, file_name=source.name, data=source.data)
        except TableError as error:
            message = f"{source.name}: {error.message.removeprefix(source.name + ': ')}"
            raise Invalid(error.code, message, fields={"file": message}) from None
        if not report.records:
            raise Invalid("exchange.gmpp_empty", f"{source.name} names no project.")
        before = loaded.get(report.year)
        if before is not None and before.sha256 == report.sha256:
            outcome.skipped.append(source.name)
            continue
        if before is not None or report.year in reports:
            other = before.file_name if before else reports[report.year].file_name
            raise Invalid(
                "exchange.gmpp_twice",
                f"{source.name}: the year {report.year} is already there from {other}; "
                "published snapshots are never changed.",
            )
        if report.status_date > today:
            raise Invalid(
                "exchange.gmpp_future",
                f"{source.name}: its data would be of {written(report.status_date)}, after today.",
            )
        reports[report.year] = report
        outcome.notices += len(report.notices)
    outcome.years = sorted(reports)
    return [reports[year] for year in outcome.years]


def _known_lives(office: OrgUnit, states: Mapping[tuple[int, date], str]) -> list[Life]:
    """Projects of earlier loads; ``states`` are the published ones by project and day."""
    lives: dict[int, Life] = {}
    records = (
        PublishedRecord.objects.filter(file__office=office)
        .select_related("file", "project")
        .order_by("file__year", "pk")
    )
    for record in records:
        life = lives.setdefault(
            record.project_id, Life(Identity(len(lives)), project=record.project)
        )
        life.stored[record.file.year] = record
        if states.get((record.project_id, record.file.status_date)) == Project.State.INITIATING:
            life.early.add(record.file.year)
        life.identity.learn(
            Published(
                year=record.file.year,
                place=record.place,
                number=record.number,
                name=record.name,
                department=BY_CODE.get(record.department)
                or Department(record.department, record.department),
                category=record.category,
                start=record.start,
                end=record.end,
                end_baseline=record.end_baseline,
                wlc=record.whole_life_cost,
            )
        )
    return list(lives.values())


def _match(report: Report, lives: list[Life], outcome: MatchReport) -> list[NearMiss]:
    matcher = Matcher(life.identity for life in lives)
    by_key = {life.identity.key: life for life in lives}
    for match in matcher.run(report.records):
        if match.identity is None:
            life = Life(Identity(len(lives)))
            lives.append(life)
        else:
            life = by_key[match.identity.key]
        life.rows[report.year] = match.row
        life.matches[report.year] = match
        life.identity.learn(match.row)
        outcome.methods[match.method] += 1
    outcome.near_misses += matcher.near
    return matcher.near


def _office(actor: Actor) -> OrgUnit:
    office = OrgUnit.objects.filter(code=OFFICE_CODE, parent=None).first()
    if office is not None:
        return office
    if not Currency.objects.filter(code="GBP").exists():
        save_currency(actor=actor, code="GBP", name="Pound sterling", minor_units=2)
    return create_unit(
        actor=actor,
        parent=None,
        values={
            "code": OFFICE_CODE,
            "name": "UK Government",
            "kind": OrgUnit.Kind.ENTERPRISE,
            "default_currency": Currency.objects.get(code="GBP"),
            "attribution": ATTRIBUTION,
        },
        reason="Published portfolio",
    )


def _portfolios(actor: Actor, office: OrgUnit, reports: list[Report]) -> dict[str, Portfolio]:
    """Department code → its portfolio; missing departments are opened."""
    found = {
        row.code: row
        for row in Portfolio.objects.filter(office_id=office.pk).select_related(
            "org_unit", "currency"
        )
    }
    currency = Currency.objects.get(code="GBP")
    departments = {
        record.department.code: record.department for r in reports for record in r.records
    }
    for code, department in sorted(departments.items()):
        if code in found:
            continue
        unit = create_unit(
            actor=actor,
            parent=office,
            values={
                "code": code,
                "name": department.name[:200],
                "default_currency": currency,
            },
        )
        row = create_portfolio(
            actor=actor,
            org_unit=unit,
            values={
                "code": code,
                "name": department.name[:200],
                "currency": currency,
                "description": f"Major projects of the {department.name}",
            },
        )
        found[code] = set_portfolio_state(
            actor=actor, portfolio=row, state=Portfolio.State.ACTIVE, version=row.version
        )
    return found


def _enter(
    actor: Actor,
    lives: list[Life],
    years: list[int],
    portfolios: dict[str, Portfolio],
    outcome: MatchReport,
) -> None:
    fresh = [life for life in lives if life.project is None]
    if not fresh:
        return
    office_id = next(iter(portfolios.values())).office_id
    taken = set(Project.objects.filter(office_id=office_id).values_list("code", flat=True))
    counters: Counter[str] = Counter()
    entries: list[Entry] = []
    for life in fresh:
        last = life.rows[life.years[-1]]
        entries.append(
            Entry(
                portfolio=portfolios[last.department.code],
                values={
                    **values_of(life.rows, life.stored),
                    "code": _code(life, taken, counters),
                    "currency": portfolios[last.department.code].currency,
                },
                stays=_stays(life, portfolios),
                stages=_stages(life, years),
            )
        )
    rows = enter_projects(
        actor=actor, entries=entries, reason="Loaded from published reports", announce=False
    )
    for life, row in zip(fresh, rows, strict=True):
        life.project = row
    outcome.entered = len(rows)


def _code(life: Life, taken: set[str], counters: Counter[str]) -> str:
    """The last published number, else one made of the first report and the department."""
    numbers = [life.rows[year].number for year in sorted(life.rows, reverse=True)]
    for number in numbers:
        if number and number not in taken:
            taken.add(number)
            return number
    first = life.rows[min(life.rows)]
    prefix = f"GMPP{first.year}-{first.department.code[:12]}"
    while True:
        counters[prefix] += 1
        code = f"{prefix}-{counters[prefix]:03d}"
        if code not in taken:
            taken.add(code)
            return code


def _stays(life: Life, portfolios: dict[str, Portfolio]) -> tuple[Stay, ...]:
    stays: list[Stay] = []
    for year in life.years:
        portfolio = portfolios[life.department_in(year)]
        if not stays or stays[-1].portfolio != portfolio:
            stays.append(Stay(portfolio, status_date_of(year)))
    return tuple(stays)


def _stages(life: Life, years: list[int]) -> tuple[Stage, ...]:
    """The states a project passed through, each from the first report that shows it.

    From a report that no longer names it, it is closed, until one names it again.
    """
    stages: list[Stage] = []
    for year in years:
        reported = [known for known in life.years if known <= year]
        if not reported:
            continue
        state, why = state_on(reported, year, early=life.early_in(year))
        if not stages or stages[-1].state != state:
            stages.append(Stage(state, why, status_date_of(year)))
    return tuple(stages)


def _gone(life: Life, years: list[int]) -> Stage | None:
    """That it closed, from the first report that no longer names it."""
    later = [year for year in years if year > life.years[-1]]
    if not later:
        return None
    state, why = state_on(life.years, years[-1], early=False)
    return Stage(state, why, status_date_of(later[0]))


def _revise(
    actor: Actor,
    lives: list[Life],
    years: list[int],
    portfolios: dict[str, Portfolio],
    outcome: MatchReport,
) -> None:
    """Bring projects of earlier loads to what all years say of them, past and present."""
    revisions: list[Revision] = []
    pasts: list[Past] = []
    for life in lives:
        if not life.stored or life.project is None:
            continue
        last = life.years[-1]
        values: dict[str, object] = {}
        stay = stage = None
        if last in life.rows:
            values = values_of(life.rows, life.stored)
            stay = Stay(portfolios[life.department_in(last)], status_date_of(last))
            state, why = state_on(life.years, last, early=life.early_in(last))
            stage = Stage(state, why, status_date_of(last))
        elif life.rows:
            values = correction_of(life.project, life.rows, life.stored)
        stage = _gone(life, years) or stage
        if values or stage is not None:
            revisions.append(Revision(life.project, values, stay=stay, stage=stage))
        pasts.append(Past(life.project, _stays(life, portfolios), _stages(life, years)))
    held = held_values([revision.project.pk for revision in revisions])
    revisions = [
        dataclasses.replace(
            revision,
            values={
                name: value
                for name, value in revision.values.items()
                if name not in held.get(revision.project.pk, {})
            },
        )
        for revision in revisions
    ]
    reason = _reason(years, outcome.years)
    changed = revise_projects(actor=actor, revisions=revisions, reason=reason, announce=False)
    span = Span(status_date_of(outcome.years[0]), status_date_of(years[-1]))
    corrected = correct_pasts(actor=actor, pasts=pasts, span=span, reason=reason)
    outcome.revised = len({row.pk for row in [*changed, *corrected]})


def _reason(years: list[int], loaded: list[int]) -> str:
    """Why the register changes; of a year that came after later ones, that it did."""
    last_before = max((year for year in years if year not in loaded), default=0)
    late = [str(year) for year in loaded if year < last_before]
    told = f"; {', '.join(late)} came after later years" if late else ""
    return "Loaded from published reports" + told


def _keep(
    office: OrgUnit, reports: list[Report], lives: list[Life], near: dict[int, list[NearMiss]]
) -> None:
    """Store the match report: files with notices, rows with their match."""
    for report in reports:
        file = PublishedFile.objects.create(
            office=office,
            year=report.year,
            status_date=report.status_date,
            file_name=report.file_name[:200],
            sha256=report.sha256,
            encoding=report.encoding,
            delimiter=report.delimiter,
            transposed=report.transposed,
            notices=[dataclasses.asdict(notice) for notice in report.notices],
            near_misses=[
                {
                    "name": miss.row.name,
                    "department": miss.row.department.code,
                    "place": miss.row.place,
                    "other": miss.title,
                    "reason": miss.reason,
                }
                for miss in near[report.year]
            ],
        )
        PublishedRecord.objects.bulk_create(
            [
                PublishedRecord(
                    file=file,
                    project=life.project,
                    place=row.place,
                    number=row.number,
                    name=row.name,
                    department=row.department.code,
                    category=row.category,
                    start=row.start,
                    end=row.end,
                    end_baseline=row.end_baseline,
                    whole_life_cost=row.wlc,
                    method=life.matches[report.year].method,
                    evidence=life.matches[report.year].evidence,
                )
                for life in lives
                if (row := life.rows.get(report.year)) is not None
            ],
            batch_size=500,
        )


__all__ = ["MatchReport", "Method", "SourceFile", "load_years", "shipped_files", "source_file"]
