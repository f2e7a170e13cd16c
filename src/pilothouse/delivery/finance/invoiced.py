# SPDX-License-Identifier: Apache-2.0
"""Which of the lines of an order were invoiced: the ledger names the order and not its lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

Part = tuple[str, str]
"""Work package and category, as a line of an order and a row of the ledger both name them."""
ZERO = Decimal(0)


def spread(
    lines: Sequence[tuple[Part, Decimal]], invoices: Mapping[Part, Decimal]
) -> list[Decimal]:
    """What was invoiced of each line, at most what came of it; in the order of the lines.

    Invoices go first to lines of their own work package and category, then to whatever is left,
    so that together they are the invoiced amount, or all that came if more was invoiced.
    """
    came = [max(amount, ZERO) for _, amount in lines]
    left = min(max(sum(invoices.values(), ZERO), ZERO), sum(came, ZERO))
    found = [ZERO] * len(lines)
    pools = {part: max(amount, ZERO) for part, amount in invoices.items()}
    for place, (part, _) in enumerate(lines):
        taken = min(came[place], pools.get(part, ZERO), left)
        found[place] = taken
        left -= taken
        if part in pools:
            pools[part] -= taken
    for place in range(len(lines)):
        taken = min(came[place] - found[place], left)
        found[place] += taken
        left -= taken
    return found
