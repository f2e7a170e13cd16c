# SPDX-License-Identifier: Apache-2.0
"""From draft to approved: who submits, endorses, returns and approves a forecast (DOMAIN 6.3)."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from pilothouse.delivery.finance import deciding, rules
from pilothouse.delivery.finance.events import MoneyChanged
from pilothouse.delivery.finance.lines import key_of
from pilothouse.delivery.finance.models import FiscalPeriod, Forecast, ForecastPart
from pilothouse.delivery.finance.queries.forecasts import ForecastSheet, sheet_of
from pilothouse.delivery.finance.services.forecasts import require_draft
from pilothouse.delivery.finance.services.keeping import required_reason
from pilothouse.delivery.finance.services.opened import locked_forecast
from pilothouse.delivery.finance.services.versions import signed, take_step
from pilothouse.foundation.core import clock
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.events import publish

State = Forecast.State
MOST_TOLD = 10


@transaction.atomic
def submit_forecast(*, actor: Actor, forecast: Forecast, version: int | None) -> Forecast:
    """Hand a draft over to finance; what it comes to today is kept with it.

    Who: S on forecast. Writes: Forecast, ForecastPart, ForecastLine. Raises: Invalid while a part
    that leaves its budget says no reason or a rate is missing, Conflict.
    """
    row = locked_forecast(forecast, version)
    allowed = rules.require(actor, row.project, rules.FORECAST, "S", "submit the forecast")
    require_draft(row)
    sheet = sheet_of(row)
    asking = sheet.asking
    if asking:
        parts = [", ".join(filter(None, found.part)) for found in asking[:MOST_TOLD]]
        more = f" and {len(asking) - MOST_TOLD} more" if len(asking) > MOST_TOLD else ""
        raise Invalid(
            "finance.forecast_reasons",
            f"Say why these lines leave their budget: {'; '.join(parts)}{more}.",
            fields={"reasons": f"{len(asking)} reasons are missing."},
        )
    if sheet.problem:
        raise Invalid(
            "finance.forecast_rate",
            f"The forecast cannot be valued as of today. {sheet.problem}",
            fields={"lines": sheet.problem},
        )
    core.save_many(sheet.lines, ["rate", "own_amount"])
    _actualise(allowed, row)
    _keep_parts(row, sheet)
    outlook = sheet.outlook
    values: dict[str, Any] = {
        "as_of": clock.today(),
        "cost": outlook.cost,
        "ordered": outlook.ordered,
        "to_complete": outlook.to_complete,
        "warning": outlook.warning,
        "returned_reason": "",
    }
    return take_step(allowed, row, State.SUBMITTED, version, values | signed("submitted", actor))


@transaction.atomic
def endorse_forecast(
    *, actor: Actor, forecast: Forecast, version: int | None, note: str = ""
) -> Forecast:
    """Say for finance that a forecast is sound. It is no approval (note 4).

    Who: finance, but not who submitted it nor who manages the project. Writes: Forecast.
    Raises: Invalid, Conflict.
    """
    row = locked_forecast(forecast, version)
    allowed = deciding.as_forecast_endorser(actor, row)
    if allowed is None:
        raise NotAllowed(
            "finance.endorse_forecast",
            f"Finance endorses forecast {row.number} of project {row.project.code}; neither its "
            "submitter nor the project manager does.",
        )
    _require_state(row, State.SUBMITTED)
    return take_step(allowed, row, State.ENDORSED, version, signed("endorsed", actor), note)


@transaction.atomic
def approve_forecast(
    *, actor: Actor, forecast: Forecast, version: int | None, note: str = ""
) -> Forecast:
    """Let a forecast count; the one before is superseded.

    Who: programme or portfolio manager; not who submitted it nor the project manager.
    Writes: Forecast. Publishes: MoneyChanged. Raises: Invalid, Conflict.
    """
    row = locked_forecast(forecast, version)
    project = row.project
    allowed = deciding.as_forecast_approver(actor, row)
    if allowed is None:
        raise NotAllowed(
            "finance.approve_forecast",
            f"Your roles do not approve forecast {row.number} of project {project.code}. Its "
            "programme or portfolio manager may; its submitter and the project manager never do.",
        )
    _require_state(row, State.ENDORSED)
    before = Forecast.objects.filter(project=project, state=State.APPROVED).first()
    if before is not None:
        before.project = project
        take_step(allowed, before, State.SUPERSEDED, None, {})
    take_step(allowed, row, State.APPROVED, version, signed("approved", actor), note)
    publish(MoneyChanged((project.pk,), "forecast approved"))
    return row


@transaction.atomic
def return_forecast(
    *, actor: Actor, forecast: Forecast, version: int | None, reason: str
) -> Forecast:
    """Give a forecast back as a draft, with what is to be mended.

    Who: whoever may endorse or approve it. Writes: Forecast, ForecastPart. Raises: Invalid without
    a reason, Conflict.
    """
    row = locked_forecast(forecast, version)
    allowed = deciding.as_forecast_endorser(actor, row) or deciding.as_forecast_approver(actor, row)
    if allowed is None:
        raise NotAllowed(
            "finance.return_forecast",
            f"Forecast {row.number} of project {row.project.code} is returned by finance or by "
            "those who approve it.",
        )
    _require_state(row, State.SUBMITTED, State.ENDORSED)
    why = required_reason(reason, "the forecast is returned")
    names = ("as_of", "cost", "ordered", "to_complete")
    row.parts.all().delete()
    values: dict[str, Any] = {"returned_reason": why, "warning": "", **dict.fromkeys(names)}
    for word in ("submitted", "endorsed"):
        values |= {f"{word}_by_id": None, f"{word}_at": None}
    return take_step(allowed, row, State.DRAFT, version, values, why, action="forecast.returned")


@transaction.atomic
def withdraw_forecast(
    *, actor: Actor, forecast: Forecast, version: int | None, reason: str
) -> Forecast:
    """Take back a version that is not approved; it stays readable.

    Who: S on forecast. Writes: Forecast. Raises: Invalid without a reason, Conflict.
    """
    row = locked_forecast(forecast, version)
    allowed = rules.require(actor, row.project, rules.FORECAST, "S", "withdraw the forecast")
    _require_state(row, *Forecast.OPEN)
    why = required_reason(reason, "the forecast is withdrawn")
    return take_step(allowed, row, State.WITHDRAWN, version, {}, why)


def _actualise(allowed: Actor, row: Forecast) -> None:
    """Take lines of closed periods out of the version: what was spent has taken their place."""
    past = row.lines.filter(period__state=FiscalPeriod.State.CLOSED)
    cells = [[*key_of(line), line.period_id, line.amount] for line in past]
    if not cells:
        return
    past.delete()
    core.record(
        actor=allowed,
        action="forecast.actualised",
        obj=row,
        before={"cells": cells},
        office_id=row.project.office_id,
    )


def _keep_parts(row: Forecast, sheet: ForecastSheet) -> None:
    """Keep what was spent and ordered by part, so that the rows stay those of the head."""
    kept = []
    for part in sheet.rows:
        told = {"forecast": row, **part.part._asdict()}
        kept += [
            ForecastPart(**told, period_id=period, spent=spent)
            for period, spent in part.spent.items()
        ]
        if part.ordered:
            kept.append(ForecastPart(**told, ordered=part.ordered))
    ForecastPart.objects.bulk_create(kept, batch_size=500)


def _require_state(row: Forecast, *states: Forecast.State) -> None:
    if row.state not in states:
        wanted = " or ".join(str(state.label).lower() for state in states)
        raise Invalid(
            "finance.forecast_state",
            f"Forecast {row.number} of project {row.project.code} is "
            f"{row.get_state_display().lower()}; for this step it would be {wanted}.",
            fields={"state": f"It is {row.get_state_display().lower()}."},
        )
