# SPDX-License-Identifier: Apache-2.0
"""Lines of the cockpit for what projects wait for from each other (docs/methods/cockpit.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

from pilothouse.delivery.dependencies.queries import Bond
from pilothouse.direction.portfolio.cockpit_checks import WATCH, Breach, Mend, line_of
from pilothouse.direction.portfolio.cockpit_facts import Fact
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.numbers import counted


def of_bonds(
    bonds: Iterable[Bond],
    facts: Mapping[int, Fact],
    may: Callable[[Fact], bool],
    today: date,
) -> Iterator[Breach]:
    """What comes too late, at the project that waits; dates without an answer, at who owes one.

    ``may`` says whether the actor may see dependencies of a project. Of a giver that is not in
    sight its code is told, of a confidential one nothing.
    """
    for bond in bonds:
        receiver, giver = facts.get(bond.receiver_id), facts.get(bond.giver_id)
        mend = Mend("Open the dependency", ("dependencies:one", (bond.pk,), ""))
        if _counts(receiver, may) and bond.slack_days is not None and bond.slack_days < 0:
            assert receiver is not None and bond.forecast_date is not None
            late = counted(-bond.slack_days, "working day", "working days")
            code = giver.code if giver else bond.giver_for_others
            words = (
                f"‘{bond.deliverable}’{f' from {code}' if code else ''} comes {late} after it is "
                f"needed: {written(bond.forecast_date)} instead of {written(bond.need_date)}."
            )
            yield line_of(receiver, "dependency", WATCH, words, bond.red_since, mend)
        due = bond.arbitrate_from
        if bond.state != "proposed" or due is None or due > today:
            continue
        silent = (giver, bond.giver_agreed), (receiver, bond.receiver_agreed)
        for fact, agreed in silent:
            if fact is not None and not agreed and _counts(fact, may):
                words = f"The dates of ‘{bond.deliverable}’ have waited for an answer too long."
                yield line_of(fact, "dependency", WATCH, words, due, mend)


def _counts(fact: Fact | None, may: Callable[[Fact], bool]) -> bool:
    return fact is not None and fact.state != "on_hold" and not fact.published and may(fact)
