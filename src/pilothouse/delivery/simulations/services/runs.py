# SPDX-License-Identifier: Apache-2.0
"""Runs of the simulation: asked for, performed in a process apart, cancelled, repeated (8.3)."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

import pilothouse
from pilothouse.delivery.projects.models import Portfolio, Programme, Project
from pilothouse.delivery.simulations import rules
from pilothouse.delivery.simulations.bridge import apart
from pilothouse.delivery.simulations.events import SimulationEnded
from pilothouse.delivery.simulations.models import MOST_ITERATIONS, SimulationRun
from pilothouse.delivery.simulations.services.assembling import Assembled, assemble
from pilothouse.foundation.core import jobs
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, PilothouseError
from pilothouse.foundation.core.events import publish
from pilothouse.foundation.organisation.models import OrgUnit

State = SimulationRun.State
RUN = "simulations.run"
_TOLD = ("number", "name", "iterations", "seed")
SHOWN = (10, 50, 80, 90)
"""Percentiles that lists show."""
NO_TIME = "calendar.no_working_time"


@transaction.atomic
def ask_run(
    *,
    actor: Actor,
    place: rules.Place,
    iterations: int,
    seed: int | None = None,
    name: str = "",
) -> SimulationRun:
    """Ask for a simulation of a project, or of all plans of a programme or portfolio.

    Without a seed that of the run before is taken, so that two runs differ by their input alone.
    Who: C on simulation_run. Writes: SimulationRun, Job. Raises: Invalid for too many iterations,
    while another waits or runs, and for a project without a plan; NotAllowed.
    """
    allowed = rules.require(actor, place, "C", "simulate")
    if not 1 <= iterations <= MOST_ITERATIONS:
        raise Invalid(
            "simulations.iterations",
            f"{iterations:,} iterations are asked for; 1 to {MOST_ITERATIONS:,} are possible. "
            "10,000 tell a percentile to about half a percent.",
            fields={"iterations": f"From 1 to {MOST_ITERATIONS:,}."},
        )
    if seed is not None and not 0 <= seed < 2**31:
        raise Invalid(
            "simulations.seed",
            "The seed is a whole number from 0 to 2,147,483,647.",
            fields={"seed": "From 0 to 2,147,483,647."},
        )
    row = _locked(place)
    earlier = SimulationRun.objects.filter(**{_column(row): row})
    if earlier.filter(state__in=SimulationRun.GOING).exists():
        raise Invalid(
            "simulations.going",
            f"A simulation of {row.code} waits or runs already. Wait for it, or cancel it.",
        )
    before = earlier.first()
    run = SimulationRun(
        office=OrgUnit.objects.get(pk=row.office_id),
        number=int(earlier.aggregate(last=Max("number"))["last"] or 0) + 1,
        name=name.strip(),
        asked_label=actor.label[:200],
        iterations=iterations,
        seed=seed if seed is not None else (before.seed if before else 1),
        engine_version=pilothouse.__version__,
        **{_column(row): row},
    )
    core.create(actor=allowed, obj=run, names=_TOLD, office_id=row.office_id)
    _enqueue(run)
    return run


@transaction.atomic
def repeat_run(*, actor: Actor, run: SimulationRun) -> SimulationRun:
    """Run the same input with the same seed again; what it says is compared bit for bit.

    Who: C on simulation_run. Writes: SimulationRun, Job. Raises: Invalid where the run has not
    ended well, NotAllowed.
    """
    if run.state != State.DONE:
        raise Invalid("simulations.not_done", f"{run} has no result that could be repeated.")
    made = ask_run(
        actor=actor,
        place=run.place,
        iterations=run.iterations,
        seed=run.seed,
        name=f"Repeats run {run.number}",
    )
    for column in ("plan", "risks", "plan_versions", "places", "told", "figures"):
        setattr(made, column, getattr(run, column))
    made.figures = {"repeats": run.pk, **_settings(run)}
    made.save(update_fields=["plan", "risks", "plan_versions", "places", "told", "figures"])
    return made


@transaction.atomic
def cancel_run(*, actor: Actor, run: SimulationRun, reason: str = "") -> SimulationRun:
    """Stop a run that waits or runs; its process is ended within a percent of its work.

    Who: who asked for it, and C on simulation_run. Writes: SimulationRun. Raises: Invalid once it
    has ended, NotAllowed.
    """
    allowed = rules.require_cancel(actor, run)
    row = core.lock(SimulationRun.objects.all(), run.pk)
    if row.state not in SimulationRun.GOING:
        raise Invalid("simulations.ended", f"{row} is {row.get_state_display().lower()} already.")
    core.change(
        actor=allowed,
        obj=row,
        values={"state": State.CANCELLED, "finished_at": timezone.now()},
        version=None,
        action="simulationrun.cancel",
        reason=reason.strip(),
        office_id=row.office_id,
    )
    return row


def perform(*, run_id: int, progress: Callable[[int], None]) -> str:
    """Simulate and keep what it says. Who: the job. Publishes: SimulationEnded.

    Safe to repeat: a run that a process left behind is taken up with the input that it kept.
    """
    run = _begin(run_id)
    if run is None:
        return "It was cancelled, or is done."
    try:
        assembled = _input_of(run)
        said = _simulated(run, assembled, progress)
    except apart.Stopped:
        return "It was cancelled."
    except PilothouseError as error:
        _fail(run_id, error.message)
        return f"It failed: {error.message}"
    _keep(run_id, assembled, said)
    return f"{run.iterations:,} iterations are done."


@transaction.atomic
def _begin(run_id: int) -> SimulationRun | None:
    row = SimulationRun.objects.select_for_update(of=("self",)).filter(pk=run_id).first()
    if row is None or row.state not in SimulationRun.GOING:
        return None
    row.state = State.RUNNING
    row.started_at = row.started_at or timezone.now()
    row.save(update_fields=["state", "started_at"])
    return row


def _input_of(run: SimulationRun) -> Assembled:
    """The input that the run kept, else that of this moment, which is kept then."""
    if run.plan is not None and run.risks is not None:
        return Assembled(
            zlib.decompress(run.plan),
            zlib.decompress(run.risks),
            list(run.places),
            dict(run.plan_versions),
            list(run.told),
            str(run.figures.get("dialect", "standard")),
            bool(run.figures.get("after_status_date", True)),
            tuple(run.figures.get("milestones", ())),
        )
    found = assemble(run)
    run.plan, run.risks = zlib.compress(found.plan, 6), zlib.compress(found.risks, 6)
    run.places, run.plan_versions, run.told = found.places, found.plan_versions, found.told
    run.figures = {
        "dialect": found.dialect,
        "after_status_date": found.after_status_date,
        "milestones": list(found.milestones),
    }
    run.save(update_fields=["plan", "risks", "places", "plan_versions", "told", "figures"])
    return found


def _simulated(
    run: SimulationRun, found: Assembled, progress: Callable[[int], None]
) -> dict[str, Any]:
    """What the simulation says, by the rules of the plan's tool, else by the standard ones."""

    def tell(percent: int) -> None:
        SimulationRun.objects.filter(pk=run.pk).update(progress_pct=percent)
        progress(percent)

    def stopped() -> bool:
        going = SimulationRun.objects.filter(pk=run.pk, state__in=SimulationRun.GOING)
        return not going.exists()

    def ask(dialect: str) -> dict[str, Any]:
        return apart.simulate(
            apart.Question(
                found.plan,
                found.risks,
                run.iterations,
                run.seed,
                found.milestones,
                dialect,
                found.after_status_date,
            ),
            tell,
            stopped,
        )

    try:
        return ask(found.dialect)
    except Invalid as error:
        if error.code != NO_TIME or found.dialect == "standard":
            raise
        found.told.append(
            f"{error.message} Resource calendars were therefore not used for any task."
        )
    return ask("standard")


@transaction.atomic
def _keep(run_id: int, found: Assembled, said: dict[str, Any]) -> None:
    row = core.lock(SimulationRun.objects.all(), run_id)
    if row.state not in SimulationRun.GOING:
        return
    before, after = said["before"], said["after"]
    row.before = zlib.compress(_bytes(before), 6)
    row.after = None if after is None else zlib.compress(_bytes(after), 6)
    row.told = [*found.told, *_said_by_engine(before)]
    row.figures = {
        **_settings(row),
        **{name: row.figures[name] for name in ("repeats",) if name in row.figures},
        "before": figures_of(before),
        "after": None if after is None else figures_of(after),
    }
    if "repeats" in row.figures:
        first = SimulationRun.objects.filter(pk=row.figures["repeats"]).first()
        row.figures["same"] = first is not None and (first.before, first.after) == (
            row.before,
            row.after,
        )
    row.state, row.progress_pct, row.finished_at = State.DONE, 100, timezone.now()
    row.save(
        update_fields=[
            *("before", "after", "told", "figures", "state", "progress_pct", "finished_at"),
        ]
    )
    publish(SimulationEnded(row.pk, row.project_id))


def _settings(run: SimulationRun) -> dict[str, Any]:
    names = ("dialect", "after_status_date", "milestones")
    return {name: run.figures[name] for name in names if name in run.figures}


def _bytes(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def figures_of(document: dict[str, Any]) -> dict[str, Any]:
    """The few numbers of a result that lists show."""
    finish, cost = document["finish"], document["cost"]
    return {
        "deterministic": finish["deterministic_date"],
        "deterministic_pct": round(finish["deterministic_percentile"], 1),
        "finish": {str(percent): finish["dates"][f"p{percent}"] for percent in SHOWN},
        "days": {str(percent): finish["contingency_days"][f"p{percent}"] for percent in SHOWN},
        "cost": None
        if cost is None
        else {
            "currency": cost["currency"],
            "deterministic": cost["deterministic"],
            "deterministic_pct": round(cost["deterministic_percentile"], 1),
            **{str(percent): cost[f"p{percent}"] for percent in SHOWN},
        },
    }


def _said_by_engine(document: dict[str, Any]) -> list[str]:
    repairs = [
        f"The correlations of {row['name']} contradicted themselves; the nearest that do not "
        f"differ by up to {row['largest_change']:.3f}."
        for row in document["repairs"]
    ]
    return [*repairs, *(f"{row['place']}: {row['message']}" for row in document["notices"])]


@transaction.atomic
def _fail(run_id: int, message: str) -> None:
    row = core.lock(SimulationRun.objects.all(), run_id)
    if row.state in SimulationRun.GOING:
        row.state, row.failure, row.finished_at = State.FAILED, message, timezone.now()
        row.save(update_fields=["state", "failure", "finished_at"])


def _enqueue(run: SimulationRun) -> None:
    jobs.enqueue(
        name=RUN,
        payload={"run_id": run.pk},
        run_at=timezone.now(),
        unique_key=f"{RUN}:{run.pk}",
    )


def _column(place: rules.Place) -> str:
    return str(place._meta.model_name)


def _locked(place: rules.Place) -> rules.Place:
    if isinstance(place, Project):
        return core.lock(Project.objects.select_related("portfolio__org_unit"), place.pk)
    if isinstance(place, Programme):
        return core.lock(Programme.objects.select_related("portfolio__org_unit"), place.pk)
    return core.lock(Portfolio.objects.select_related("org_unit"), place.pk)
