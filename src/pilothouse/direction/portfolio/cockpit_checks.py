# SPDX-License-Identifier: Apache-2.0
"""The checks of the cockpit: what counts as a breach, how bad it is, who must act, and where.

Every check is described in docs/methods/cockpit.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from pilothouse.delivery.projects.queries import HeldRole, Lapsed, RoleGap, Staff, role_gaps
from pilothouse.direction.performance.rules import over_by, over_pct, stated_too_well
from pilothouse.direction.portfolio.cockpit_facts import EXPIRY_DAYS, Fact
from pilothouse.direction.portfolio.project_figures import (
    DIMENSION_LABELS,
    Sight,
    is_hidden,
)
from pilothouse.direction.portfolio.queries.rows import STALE_AFTER_DAYS
from pilothouse.engine.health import Rag
from pilothouse.foundation.access.matrix import Role, role_words
from pilothouse.foundation.access.queries import Grants, Scope
from pilothouse.foundation.core.clock import day_of
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.numbers import counted, number

ACT, WATCH, TIDY = 3, 2, 1
SEVERITIES = {ACT: "Act now", WATCH: "Watch", TIDY: "Tidy up"}
KINDS = {
    "red": "Red dimension",
    "watermelon": "Stated better than computed",
    "slip": "Slip beyond tolerance",
    "over_budget": "Forecast above budget",
    "budget_trend": "Cost heads beyond the budget",
    "plan": "Late in the plan",
    "hold": "On hold",
    "roles": "Missing roles",
    "expiring": "Role ends",
    "baseline": "No baseline",
    "forecast": "No forecast",
    "stale": "Stale data",
    "differences": "Import differs",
    "dependency": "Waits for another project",
}
WITH_PLAN = ("planning", "executing", "on_hold", "closing")
WITH_FORECAST = ("planning", "executing", "closing")
WITH_BASELINE = ("executing", "closing")
Place = tuple[str, tuple[int, ...], str]
"""Name of an address, its arguments, and what follows them."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What the actor may do inside a project, as far as a line can be mended there."""

    edit: bool
    plan: bool


@dataclass(frozen=True, slots=True)
class Mend:
    """The way to where a line is mended: what is done there, and where it is."""

    label: str
    place: Place


@dataclass(frozen=True, slots=True)
class Breach:
    """One line: what is wrong, how bad, since when, who must act, where it is mended."""

    kind: str
    severity: int
    sentence: str
    since: date | None
    owner: str
    place: Place | None
    mend: Mend | None
    project_id: int | None
    project: str
    code: str
    portfolio_id: int | None
    portfolio: str
    strategic: bool = False

    @property
    def label(self) -> str:
        return KINDS[self.kind]

    @property
    def severity_label(self) -> str:
        return SEVERITIES[self.severity]


def of_project(
    row: Fact, sight: Sight, reach: Reach, staff: Staff, today: date
) -> Iterator[Breach]:
    """All breaches of one project that the actor may know of.

    What does not run is not chased: of a project on hold its figures and its plan make one line.
    """
    ways = Ways(row, reach)
    found = [
        *_reds(row, sight, ways),
        *_stated(row, ways),
        *_tolerances(row, sight, ways),
        *_plan(row, ways),
    ]
    if row.state == "on_hold":
        found = list(_hold(row, len(found), ways, today))
    yield from found
    if not row.published:
        yield from _register(row, sight, ways, staff, today)


@dataclass(frozen=True, slots=True)
class Ways:
    """Where the lines of one project are mended, for whoever may; else the lines have no way."""

    row: Fact
    reach: Reach

    def to(self, label: str, name: str, query: str = "") -> Mend | None:
        """A page on which somebody who may edit the record mends it."""
        if not self.reach.edit or self.row.published:
            return None
        return Mend(label, (name, (self.row.project_id,), query))

    def to_plan(self, label: str, name: str = "planning:plan", query: str = "") -> Mend | None:
        """A page of the plan, for whoever may read one."""
        if not self.reach.plan or self.row.plan_version is None:
            return None
        return Mend(label, (name, (self.row.project_id,), query))

    def to_forecast(self) -> Mend | None:
        return self.to("Update the forecast", "portfolio:stated")

    def to_statement(self) -> Mend | None:
        return self.to("State it anew", "portfolio:stated")

    def to_dates(self) -> Mend | None:
        """A plan decides the dates where there is one."""
        return self.to_plan("Critical path", query="?only=critical") or self.to_forecast()


def line_of(
    row: Fact, kind: str, severity: int, sentence: str, since: date | None, mend: Mend | None
) -> Breach:
    """A line of one project; who must act is its manager, its owner or its sponsor."""
    owner = row.pm_name or row.owner_name or row.sponsor_name or ""
    return Breach(
        kind,
        severity,
        sentence,
        since,
        owner,
        _home(row),
        mend,
        row.project_id,
        row.name,
        row.code,
        row.portfolio_id,
        row.portfolio,
        row.strategic_critical,
    )


def _home(row: Fact) -> Place:
    return ("portfolio:project", (row.project_id,), "")


def _since(row: Fact, name: str) -> date:
    text = row.reasons.get("since", {}).get(name)
    return date.fromisoformat(text) if text else row.status_date


def _reds(row: Fact, sight: Sight, ways: Ways) -> Iterator[Breach]:
    for name, label in DIMENSION_LABELS.items():
        if getattr(row, name) != Rag.RED:
            continue
        metrics = row.reasons.get(name, {}).get("metrics", ())
        worst = next((metric for metric in metrics if metric["colour"] == Rag.RED), None)
        if worst is None:
            words = f"{label} is red."
        elif is_hidden(worst, sight):
            words = f"{label} is red; your roles do not include the figures."
        else:
            words = f"{label} is red: {worst['sentence']}"
        mend = ways.to_dates() if name == "schedule" else ways.to_forecast()
        yield line_of(row, "red", ACT, words, _since(row, f"red_{name}"), mend)


def _stated(row: Fact, ways: Ways) -> Iterator[Breach]:
    colours = [getattr(row, name) for name in DIMENSION_LABELS]
    gap = stated_too_well(row.overall, row.stated, colours)
    if gap:
        said = (row.stated_label or row.stated).lower()
        words = f"Stated {said}, but the figures say {row.overall}."
        severity = ACT if gap >= 2 else TIDY
        since = _since(row, "watermelon")
        yield line_of(row, "watermelon", severity, words, since, ways.to_statement())


def _tolerances(row: Fact, sight: Sight, ways: Ways) -> Iterator[Breach]:
    """Slip and overspend short of red; red ones have their line already."""
    metrics = row.reasons.get("schedule", {}).get("metrics", ())
    slip = next((metric for metric in metrics if metric["metric"] == "slip_pct"), None)
    if slip is not None and slip["colour"] == Rag.AMBER and row.slip_days is not None:
        days = counted(row.slip_days, "day", "days")
        words = f"The forecast finish is {days} after the approved one."
        yield line_of(row, "slip", WATCH, words, _since(row, "slip"), ways.to_dates())
    if row.cost == Rag.RED or not sight.forecast(row.eac):
        return
    over, pct = over_by(row), over_pct(row)
    if over is not None and over > 0:
        share = "" if pct is None else f" ({pct:.1f} %)"
        what, base = ("forecast", "the budget") if row.eac is None else ("estimate", "BAC")
        words = f"The {what} is {row.currency} {over:,.0f} above {base}{share}."
        severity = TIDY if row.cost == Rag.GREEN else WATCH
        since = _since(row, "over_budget")
        yield line_of(row, "over_budget", severity, words, since, ways.to_forecast())
    trend = row.reasons.get("trend")
    if trend and sight.money and sight.spent:
        coming, cost = -Decimal(trend["vac_pct"]), Decimal(trend["cost"])
        words = (
            f"By {trend['why']} the project ends at {row.currency} {cost:,.0f}, "
            f"{coming:.1f} % above its BAC."
        )
        since = _since(row, "budget_trend")
        yield line_of(row, "budget_trend", WATCH, words, since, ways.to_forecast())


def _plan(row: Fact, ways: Ways) -> Iterator[Breach]:
    parts = [
        counted(count, one, many)
        for count, one, many in (
            (row.missed_deadlines, "task beyond its deadline", "tasks beyond their deadlines"),
            (row.negative_float, "task with negative float", "tasks with negative float"),
            (row.late_tasks, "late task", "late tasks"),
        )
        if count
    ]
    if parts:
        severity = WATCH if row.missed_deadlines or row.negative_float else TIDY
        words = f"The plan has {', '.join(parts)}."
        mend = (
            ways.to_plan("Late tasks", query="?only=late")
            if row.late_tasks
            else ways.to_plan("Critical path", query="?only=critical")
        )
        yield line_of(row, "plan", severity, words, _since(row, "plan"), mend)
    if row.import_differences:
        count = row.import_differences
        words = (
            "1 task has another date than the imported file."
            if count == 1
            else f"{number(count)} tasks have other dates than the imported file."
        )
        mend = ways.to_plan("Compare the dates", "planning:reconciliation")
        yield line_of(row, "differences", TIDY, words, _since(row, "differences"), mend)


def _hold(row: Fact, findings: int, ways: Ways, today: date) -> Iterator[Breach]:
    """A hold whose review is due, or that keeps findings from being chased."""
    due = row.hold_review_on
    begun = None if row.held_since is None else day_of(row.held_since)
    words = f"On hold since {written(begun)}" if begun else "On hold"
    late = not row.published and (due is None or due < today)
    if not late and not findings:
        return
    if due is not None:
        words += f"; it {'was' if late else 'is'} to be reviewed on {written(due)}"
    elif late:
        words += "; it has no review date"
    if findings:
        verb = "finding on its figures is" if findings == 1 else "findings on its figures are"
        words += f"; until it is released {findings} {verb} not chased"
    severity, since = (WATCH, due) if late else (TIDY, begun)
    yield line_of(row, "hold", severity, f"{words}.", since, ways.to("Decide", "projects:project"))


def _register(row: Fact, sight: Sight, ways: Ways, staff: Staff, today: date) -> Iterator[Breach]:
    """What a register that is kept here must hold."""
    gaps = role_gaps(row, staff)
    if gaps and sight.roles:
        ended = [gap.lapsed.last_day for gap in gaps if gap.lapsed is not None]
        severity = WATCH if row.state in WITH_PLAN else TIDY
        mend = ways.to("Name them", "projects:project-edit")
        since = min(ended, default=None)
        yield line_of(row, "roles", severity, _missing(gaps), since, mend)
    if row.state in WITH_BASELINE and row.baseline_finish is None:
        words = "There is no approved finish to measure against."
        mend = ways.to("Enter the approved dates", "projects:project-edit")
        yield line_of(row, "baseline", WATCH, words, _since(row, "no_baseline"), mend)
    missing = []
    if row.forecast_finish is None:
        missing.append("finish")
    if row.forecast_cost is None and sight.money:
        missing.append("cost")
    if row.state in WITH_FORECAST and missing:
        words = f"There is no forecast of {' and '.join(missing)}."
        since = _since(row, "no_forecast")
        yield line_of(row, "forecast", WATCH, words, since, ways.to_forecast())
    if row.data_as_of is None:
        words = "Nothing has ever been stated."
        yield line_of(row, "stale", WATCH, words, None, ways.to_statement())
    elif (age := (today - row.data_as_of).days) > STALE_AFTER_DAYS:
        words = f"The data are {number(age)} days old; {STALE_AFTER_DAYS} are allowed."
        severity = WATCH if age > 2 * STALE_AFTER_DAYS else TIDY
        due = row.data_as_of + timedelta(days=STALE_AFTER_DAYS)
        yield line_of(row, "stale", severity, words, due, ways.to_statement())


def _missing(gaps: Sequence[RoleGap]) -> str:
    """Who is not named, and who is named though the role has ended."""
    nobody = ", ".join(gap.label.lower() for gap in gaps if gap.lapsed is None)
    parts = [f"Nobody is named as {nobody}."] if nobody else []
    parts += [
        f"{gap.lapsed.person} was {gap.label.lower()} until {written(gap.lapsed.last_day)}."
        for gap in gaps
        if gap.lapsed is not None
    ]
    return " ".join(parts)


def acting_on(row: Fact, lapsed: Mapping[str, Lapsed]) -> Fact:
    """The project without the names of those whose role on it has ended: they act no more."""
    gone: dict[str, str | None] = {}
    if "pm" in lapsed:
        gone["pm_name"] = None
        if row.owner_name == row.pm_name:
            gone["owner_name"] = ""
    if "sponsor" in lapsed:
        gone["sponsor_name"] = None
    return replace(row, **gone) if gone else row  # type: ignore[arg-type]


Told = tuple[Scope, str, str]
"""Scope, role and name of somebody whom the line of the missing roles tells of already."""


def of_roles(
    rows: Sequence[HeldRole],
    names: Mapping[Scope, Fact],
    told: Collection[Told],
    grants: Grants,
    today: date,
) -> Iterator[Breach]:
    """Roles that ended lately or end soon, with nobody to follow on the same scope."""
    nearby = timedelta(days=EXPIRY_DAYS)
    for row in rows:
        last = row.valid_to
        fact = names.get(row.scope)
        if last is None or not today - nearby <= last <= today + nearby or fact is None:
            continue
        if last < today and (row.scope, row.role, row.person) in told:
            continue
        follows = any(
            other.role == row.role
            and other.scope == row.scope
            and other.id != row.id
            and (other.valid_to is None or other.valid_to > last)
            for other in rows
        )
        within = fact.scopes[: fact.scopes.index(row.scope) + 1]
        if follows or not grants.allows("role_assignment", "R", within):
            continue
        role = role_words(Role(row.role))
        place = _scope_name(row.scope, fact)
        words = (
            f"{row.person} was {role} of {place} until {written(last)}; nobody follows."
            if last < today
            else f"{row.person} is {role} of {place} until {written(last)}; nobody follows."
        )
        own = row.scope[0] == "project"
        kind, number = row.scope
        mend = Mend("Give the role", ("projects:role-new", (), f"?scope={kind}:{number}"))
        yield Breach(
            "expiring",
            WATCH if last < today else TIDY,
            words,
            last,
            (fact.pm_name or fact.sponsor_name or "") if own else "",
            _home(fact) if own else None,
            mend if grants.allows("role_assignment", "C", within) else None,
            fact.project_id if own else None,
            fact.name if own else place,
            fact.code if own else "",
            fact.portfolio_id if row.scope[0] != "org_unit" else None,
            fact.portfolio if row.scope[0] != "org_unit" else "",
        )


def _scope_name(scope: Scope, fact: Fact) -> str:
    kind, number = scope
    if kind == "project":
        return fact.name
    if kind == "programme":
        return fact.programme or "a programme"
    if kind == "portfolio":
        return fact.portfolio if number == fact.portfolio_id else "a portfolio above"
    if number == fact.office_id:
        return fact.office
    units = [unit for name, unit in fact.scopes if name == "org_unit"]
    return fact.unit if number == units[-1] else "a unit above"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How an office publishes: when last, how far apart at most, when the next is due."""

    office: str
    projects: int
    last: date
    longest_days: int
    due: date


def rhythm_of(office: str, projects: int, days: Sequence[date]) -> Rhythm:
    """An office that published once is expected again within a year."""
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    longest = max(gaps, default=366)
    due = days[-1] + timedelta(days=longest + STALE_AFTER_DAYS)
    return Rhythm(office, projects, days[-1], longest, due)


def of_publications(rhythms: Sequence[Rhythm], today: date) -> Iterator[Breach]:
    """One line for an office whose next publication is overdue, not one for each project."""
    for rhythm in rhythms:
        if today <= rhythm.due:
            continue
        yield Breach(
            "stale",
            WATCH,
            f"Nothing has been published since {written(rhythm.last)}; until then at most "
            f"{counted(rhythm.longest_days, 'day', 'days')} lay between two reports. "
            f"{counted(rhythm.projects, 'project is', 'projects are')} shown as of that report.",
            rhythm.due,
            "",
            None,
            Mend("Published portfolios", ("exchange:published", (), "")),
            None,
            rhythm.office,
            "",
            None,
            "",
        )
