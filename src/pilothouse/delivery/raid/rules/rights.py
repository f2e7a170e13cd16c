# SPDX-License-Identifier: Apache-2.0
"""Who sees, raises, changes and decides entries (DOMAIN 1.4, 8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Q

from pilothouse.delivery.projects.models import Portfolio, Programme, Project
from pilothouse.delivery.projects.rules import (
    OPEN_STATES,
    Placed,
    can_on_project,
    classified,
    deciding_as,
    portfolio_scopes,
    programme_scopes,
    project_scopes,
    projects_with,
    visible_portfolios,
    visible_programmes,
    visible_projects,
)
from pilothouse.delivery.raid.models import Entry, Escalation, Kind, Level
from pilothouse.delivery.raid.rules.flows import Step, leads_on, way_of
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.queries import (
    Grant,
    Grants,
    Scope,
    allowed_as,
    grants_of,
    in_place_of,
    people_in_role,
)
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import unit_scopes

Place = Project | Programme | Portfolio
ANYBODY_RAISES = (Kind.RISK, Kind.ISSUE)
"""What everybody may raise on a project they can read (DOMAIN 1.4)."""
_OVERSEERS = (Role.DIR, Role.AUD)


def scopes_of(place: Place, workstream_id: int | None = None) -> list[Scope]:
    """All scopes that contain what belongs to a place, or to a workstream of it."""
    if isinstance(place, Project):
        scopes = project_scopes(place)
        return scopes if workstream_id is None else [*scopes, ("workstream", workstream_id)]
    if isinstance(place, Programme):
        return programme_scopes(place)
    return portfolio_scopes(place)


def holder_scopes(entry: Entry) -> list[Scope]:
    """The scopes of whoever holds an entry now."""
    if entry.level == entry.home_level:
        return scopes_of(entry.place, entry.workstream_id)
    if entry.level == Level.PROGRAMME and entry.lifted_programme is not None:
        return programme_scopes(entry.lifted_programme)
    if entry.level == Level.PORTFOLIO and entry.lifted_portfolio is not None:
        return portfolio_scopes(entry.lifted_portfolio)
    return unit_scopes(entry.office)


def counted(held: Grants, place: Place) -> Grants:
    """Grants that count in a place: of a classified project fewer (R-GEN-10)."""
    return classified(held, place) if isinstance(place, Project) else held


def answers_for(user_id: int | None, entry: Entry) -> bool:
    """Whether somebody owns an entry, or carries the response to it out."""
    return user_id is not None and user_id in (entry.owner_id, entry.actionee_id)


def owns(user_id: int | None, entry: Entry) -> bool:
    """Whether an entry is somebody's own to read: they answer for it, or raised it."""
    raised = user_id is not None and user_id == entry.raised_by_id
    return raised or answers_for(user_id, entry)


def holds(held: Grants, entry: Entry, letter: str, *, own: bool = False) -> bool:
    """Whether these grants give the letter on an entry where it is held now.

    ``own`` lets whoever answers for it do so too, as long as they read registers of its place.
    """
    if held.everything:
        return True
    grants = counted(held, entry.place) if not entry.is_lifted else held
    if grants.allows(entry.kind, letter, holder_scopes(entry)):
        return True
    return own and answers_for(held.user_id, entry) and _reads(held, entry)


def _reads(held: Grants, entry: Entry) -> bool:
    return counted(held, entry.place).allows(
        entry.kind, "R", scopes_of(entry.place, entry.workstream_id), own=True
    )


def may_keep(held: Grants, entry: Entry) -> bool:
    """Whether the actor may change what an entry says."""
    return holds(held, entry, "U", own=True)


def opens(held: Grants, entry: Entry) -> bool:
    """Whether more than the number of a confidential entry is shown.

    To whoever keeps or decides it, whoever owns or raised it, and who directs or audits.
    """
    if not entry.confidential or held.everything:
        return True
    if owns(held.user_id, entry) or holds(held, entry, "U") or holds(held, entry, "A"):
        return True
    home = counted(held, entry.place).only(_oversees)
    return home.allows(entry.kind, "R", scopes_of(entry.place, entry.workstream_id))


def _oversees(grant: Grant) -> bool:
    return grant.role in _OVERSEERS


def may_raise(actor: Actor, place: Place, kind: Kind, held: Grants | None = None) -> bool:
    """Whether the actor may add an entry of a kind to a place that is seen."""
    return raising_as(actor, place, kind, held) is not None


def raising_as(actor: Actor, place: Place, kind: Kind, held: Grants | None = None) -> Actor | None:
    """As whom the actor adds an entry: by C, or as anybody who reads the project, or None."""
    grants = counted(held or grants_of(actor), place)
    scopes = scopes_of(place)
    if grants.allows(kind, "C", scopes, own=True):
        return in_place_of(actor, [grants.giver(kind, "C", scopes)])
    seen = isinstance(place, Project) and can_on_project(actor, place, "R", grants=held)
    return actor if kind in ANYBODY_RAISES and seen else None


def require_raise(actor: Actor, place: Place, kind: Kind) -> Actor:
    """As ``raising_as``; raises NotAllowed, and Invalid where the place is over."""
    found = raising_as(actor, place, kind)
    if found is None:
        raise NotAllowed(
            "raid.raise_not_allowed",
            f"Your roles do not allow you to add {_many(kind)} to {place.code}. "
            "Whoever manages it may.",
        )
    require_open_place(place)
    return found


def require_open_place(place: Place) -> None:
    """Nothing new is added to what is over."""
    over = (
        place.state not in OPEN_STATES
        if isinstance(place, Project)
        else place.state in ("closed", "cancelled")
    )
    if over:
        raise Invalid(
            "raid.place_over",
            f"{place.code} is {place.get_state_display().lower()}; nothing new is added to its "
            "registers. Add it where the work goes on.",
        )


def _many(kind: Kind) -> str:
    return f"{kind.label.lower()}s"


def acting_as(
    actor: Actor, entry: Entry, letter: str, *, own: bool = False, barred: Iterable[int | None] = ()
) -> Actor | None:
    """As whom the actor uses a letter on an entry, or None."""
    if actor.is_system:
        return actor
    held = grants_of(actor).eligible(*barred)
    if not holds(held, entry, letter, own=own):
        return None
    grants = counted(held, entry.place) if not entry.is_lifted else held
    return in_place_of(actor, [grants.giver(entry.kind, letter, holder_scopes(entry))])


def require_keep(actor: Actor, entry: Entry) -> Actor:
    """As whom the actor changes an entry; raises NotAllowed that names who may."""
    found = acting_as(actor, entry, "U", own=True)
    if found is None:
        raise NotAllowed("raid.not_allowed", _refusal(entry, "change"))
    return found


def _refusal(entry: Entry, doing: str) -> str:
    if entry.is_lifted:
        return (
            f"{entry} is held by the {entry.get_level_display().lower()} level now; its own "
            f"place reads it only. Ask whoever manages that level to {doing} it."
        )
    return (
        f"Your roles do not allow you to {doing} {entry}. Its owner and whoever manages "
        f"{entry.place.code} may."
    )


def taking_as(actor: Actor, entry: Entry, step: Step) -> Actor | None:
    """As whom the actor takes a step, whatever the state; None where roles do not allow it."""
    way = way_of(entry, step)
    if way is None:
        return None
    barred = [_taken_by(entry)] if way.other else []
    return acting_as(actor, entry, way.letter, own=way.own, barred=barred)


def _taken_by(entry: Entry) -> int | None:
    """Who resolved an issue or finished an action: somebody else verifies it."""
    found: int | None = getattr(entry, "resolver_id", None) or getattr(entry, "done_by_id", None)
    return found


def require_step(actor: Actor, entry: Entry, step: Step) -> Actor:
    """As ``taking_as``; raises Invalid where the state forbids it, NotAllowed else."""
    if step not in leads_on(entry):
        raise Invalid(
            "raid.step_not_now",
            f"{entry} is {state_words(entry)}; it cannot be ‘{step}’ from there. "
            "Look at it again: somebody may have been faster.",
        )
    found = taking_as(actor, entry, step)
    if found is None:
        way = way_of(entry, step)
        if way is not None and way.other and _taken_by(entry) == actor.user_id:
            raise NotAllowed(
                "raid.own_work",
                f"You did {entry} yourself; somebody else verifies it.",
            )
        raise NotAllowed("raid.not_allowed", _refusal(entry, f"{step}"))
    return found


def answering_as(actor: Actor, waiting: Escalation, entry: Entry) -> Actor | None:
    """As whom the actor answers what came up: A at the level that is asked, never who asked.

    At the board whoever decides for the whole office, and its director (1.4).
    """
    if actor.is_system:
        return actor
    held = grants_of(actor).eligible(waiting.asked_by_id)
    if waiting.to_level == Level.PROGRAMME and waiting.programme is not None:
        scopes = programme_scopes(waiting.programme)
    elif waiting.to_level == Level.PORTFOLIO and waiting.portfolio is not None:
        scopes = portfolio_scopes(waiting.portfolio)
    else:
        scopes = unit_scopes(entry.office)
        directs = deciding_as(actor, held, scopes, (Role.DIR,))
        if directs is not None:
            return directs
    if not held.allows(entry.kind, "A", scopes):
        return None
    return in_place_of(actor, [held.giver(entry.kind, "A", scopes)])


def require_answer(actor: Actor, waiting: Escalation, entry: Entry) -> Actor:
    """As ``answering_as``; raises NotAllowed that names who may."""
    found = answering_as(actor, waiting, entry)
    if found is None:
        level = waiting.get_to_level_display().lower()
        raise NotAllowed(
            "raid.answer_not_allowed",
            f"Whoever manages the {level} level answers for {entry}; whoever asked never does.",
        )
    return found


def require_void(actor: Actor, entry: Entry) -> Actor:
    """As whom the actor voids an entry: V, or the last word where nobody holds V (1.4)."""
    letter = "V" if entry.level == Level.PROJECT else "A"
    found = acting_as(actor, entry, letter)
    if found is None:
        raise NotAllowed("raid.not_allowed", _refusal(entry, "void"))
    return found


def can_set_scales(actor: Actor, office: OrgUnit) -> bool:
    """U on policy in the office."""
    return grants_of(actor).allows("policy", "U", unit_scopes(office))


def require_set_scales(actor: Actor, office: OrgUnit) -> Actor:
    """As whom the actor sets scales; raises NotAllowed."""
    allowed = allowed_as(actor, "policy", "U", unit_scopes(office))
    if allowed is None:
        raise NotAllowed("raid.scales_not_allowed", "Only the PMO sets the scales of an office.")
    return allowed


def state_words(entry: Entry) -> str:
    """The state inside a sentence."""
    return "voided" if entry.voided else entry.state.replace("_", " ")


def steps_for(actor: Actor, entry: Entry) -> list[Step]:
    """Steps that the actor may take now."""
    return [step for step in leads_on(entry) if taking_as(actor, entry, step) is not None]


class Sight(NamedTuple):
    """Whose entries the actor reads: places by kind of right, and the own ones."""

    everything: bool
    projects: dict[str, frozenset[int]]
    programmes: dict[str, frozenset[int]]
    portfolios: dict[str, frozenset[int]]
    decided_programmes: dict[str, frozenset[int]]
    decided_portfolios: dict[str, frozenset[int]]
    seen_projects: frozenset[int]
    own: frozenset[str]
    user_id: int | None

    def condition(self) -> Q:
        """Condition on entries; an own entry of a project is read while the project is seen.

        What a level above took over of a project that is not seen, such as a confidential one, is
        read by those alone who decide at that level (R-GEN-10).
        """
        if self.everything:
            return ~Q(pk__in=[])
        found = Q(pk__in=[])
        seen = Q(project=None) | Q(project__in=self.seen_projects)
        for kind in Kind:
            here = Q(project__in=self.projects[kind])
            here |= Q(programme__in=self.programmes[kind]) | Q(portfolio__in=self.portfolios[kind])
            lifted = Q(lifted_programme__in=self.programmes[kind])
            lifted |= Q(lifted_portfolio__in=self.portfolios[kind])
            here |= lifted & seen
            here |= Q(lifted_programme__in=self.decided_programmes[kind])
            here |= Q(lifted_portfolio__in=self.decided_portfolios[kind])
            if kind in self.own and self.user_id is not None:
                mine = Q(owner=self.user_id) | Q(raised_by=self.user_id)
                mine |= Q(actionee=self.user_id)
                here |= mine & seen
            found |= Q(kind=kind) & here
        return found


def sight_of(actor: Actor, held: Grants | None = None) -> Sight:
    """What the actor reads of all registers, in three queries whatever their size."""
    grants = held or grants_of(actor)
    if grants.everything:
        nothing: dict[str, frozenset[int]] = {kind: frozenset() for kind in Kind}
        every = (nothing, nothing, nothing, nothing, nothing)
        return Sight(True, *every, frozenset(), frozenset(), actor.user_id)
    rows = [
        Placed(*row)
        for row in visible_projects(actor, grants)
        .order_by()
        .values_list(
            "pk",
            "office_id",
            "portfolio__org_unit__path",
            "portfolio__path",
            "programme_id",
            "classification",
        )
    ]
    programmes = list(
        visible_programmes(actor, grants).select_related("portfolio__org_unit").order_by()
    )
    portfolios = list(visible_portfolios(actor, grants).select_related("org_unit").order_by())
    projects: dict[str, frozenset[int]] = {}
    own: set[str] = set()

    def with_letter(kind: str, letter: str) -> tuple[frozenset[int], frozenset[int]]:
        """Programmes and portfolios in which a letter is held."""
        return (
            frozenset(
                row.pk for row in programmes if grants.allows(kind, letter, programme_scopes(row))
            ),
            frozenset(
                row.pk for row in portfolios if grants.allows(kind, letter, portfolio_scopes(row))
            ),
        )

    read = {kind: with_letter(kind, "R") for kind in Kind}
    decided = {kind: with_letter(kind, "A") for kind in Kind}
    for kind in Kind:
        projects[kind] = projects_with(grants, "R", rows, kind)
        if grants.reach(kind, "R").own or kind in ANYBODY_RAISES:
            own.add(kind)
    return Sight(
        False,
        projects,
        {kind: places[0] for kind, places in read.items()},
        {kind: places[1] for kind, places in read.items()},
        {kind: places[0] for kind, places in decided.items()},
        {kind: places[1] for kind, places in decided.items()},
        frozenset(row.project_id for row in rows),
        frozenset(own),
        actor.user_id,
    )


def holders_of(level: Level, entry: Entry, barred: Iterable[int | None] = ()) -> list[int]:
    """Who answers for a level above an entry: programme, portfolio, or the board of the office."""
    day = clock.today()
    programme, portfolio = above(entry)
    if level is Level.PROGRAMME:
        if programme is None:
            return []
        found = people_in_role(Role.PGM, programme_scopes(programme), day, barred)
    elif level is Level.PORTFOLIO:
        found = people_in_role(Role.PFM, portfolio_scopes(portfolio), day, barred)
    else:
        found = people_in_role(Role.DIR, unit_scopes(entry.office), day, barred)
    return [pk for pk, _ in found]


def above(entry: Entry) -> tuple[Programme | None, Portfolio]:
    """Programme, if there is one, and portfolio above an entry."""
    place = entry.place
    if isinstance(place, Portfolio):
        return None, place
    if isinstance(place, Programme):
        return place, place.portfolio
    return place.programme, place.portfolio
