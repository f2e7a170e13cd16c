# SPDX-License-Identifier: Apache-2.0
"""Lines of a budget that come as a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import Budget
from pilothouse.delivery.finance.services.budget_lines import Written, take_lines
from pilothouse.delivery.finance.services.budgets import require_draft
from pilothouse.exchange.cells import uses_decimal_comma
from pilothouse.exchange.sandbox import read_untrusted
from pilothouse.exchange.services.reading import plain_name
from pilothouse.exchange.tables import Table, clean
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.foundation.scanning.services import Arrival, Done, admit

MOST_BYTES = 5 * 1024 * 1024


def read_budget(
    *,
    actor: Actor,
    budget: Budget,
    file_name: str,
    data: bytes,
    version: int | None,
    whole: bool = False,
) -> Written:
    """Take a table of lines into a draft: CSV or XLSX with a head that names its columns.

    Whether the decimal sign is a comma is found out from the amounts.
    Who: U on budget. Writes: as ``take_lines``, and as ``scanning.admit`` where the scanner found
    something or does not answer. Raises: Invalid naming rows and reasons, or why the file cannot
    be read; Conflict.
    """
    project = budget.project
    rules.require(actor, project, rules.BUDGET, "U", "change the budget")
    require_draft(budget)
    if len(data) > MOST_BYTES:
        message = f"The file is larger than {MOST_BYTES // 2**20} MB; split it into parts."
        raise Invalid("exchange.bytes", message, fields={"file": message})
    arrival = Arrival(
        door=IncomingFile.Door.BUDGET,
        place=f"{project.code} {project.name}"[:300],
        file_name=plain_name(file_name),
        data=data,
        office_id=project.office_id,
        object_id=budget.pk,
        asked={"whole": whole},
    )
    admit(actor=actor, arrival=arrival)
    return _take(actor, budget, read_untrusted(data), version, whole)


def take_held_budget(actor: Actor, held: IncomingFile, data: bytes, done: Done) -> None:
    """As ``read_budget`` for a file that was held, and that the scanner found clean by now."""
    rows = Budget.objects.select_related("project__portfolio__org_unit")
    budget = rows.get(pk=held.object_id)
    _take(actor, budget, read_untrusted(data), None, bool(held.asked.get("whole")))
    done(budget.pk)


def _take(actor: Actor, budget: Budget, table: Table, version: int | None, whole: bool) -> Written:
    rows = {number: [clean(cell) for cell in row] for number, row in enumerate(table.rows, start=1)}
    return take_lines(
        actor=actor,
        budget=budget,
        table=rows,
        version=version,
        decimal_comma=uses_decimal_comma(_amounts(list(rows.values()))),
        whole=whole,
    )


def _amounts(rows: Sequence[Sequence[str]]) -> list[str]:
    """The cells that can be amounts: those that hold digits and no letter."""
    return [
        cell
        for row in rows[1:]
        for cell in row
        if any(mark.isdigit() for mark in cell) and not any(mark.isalpha() for mark in cell)
    ]
