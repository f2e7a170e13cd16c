# SPDX-License-Identifier: Apache-2.0
"""The sheet of a draft: whether rows that come can stand in it, and what it is with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pilothouse.delivery.finance.fields import LARGEST
from pilothouse.delivery.finance.lines import Key, SheetRow, key_of
from pilothouse.delivery.finance.models import AccountRule, Budget, Category, Nature
from pilothouse.delivery.finance.models.kinds import CODE_LENGTH, NAME_LENGTH
from pilothouse.delivery.finance.money import is_stored, kept_rate
from pilothouse.delivery.finance.queries.periods import Periods
from pilothouse.delivery.finance.rates import Kind, Rates
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import OrgUnit

MOST_LINES = 20_000
MOST_TOLD = 20
ZERO = Decimal(0)
Place = tuple[Key, int]
"""A row and a period."""


class Wanted(NamedTuple):
    """What is to stand in a cell."""

    amount: Decimal
    rate: Decimal
    own_amount: Decimal


class Sheet:
    """The lines of a draft as they are, with all that decides what may be put among them."""

    def __init__(self, budget: Budget, *, by_finance: bool) -> None:
        office = OrgUnit.objects.get(pk=budget.project.office_id)
        self.lines = {(key_of(line), line.period_id): line for line in budget.lines.all()}
        self._keys = {key for key, _ in self.lines}
        self._budget = budget
        self._rates = Rates(office)
        self._periods = Periods(office.pk)
        self._natures = {} if by_finance else _natures(office.pk)
        self._years: dict[int, date] = {}
        for period in self._periods.rows:
            self._years.setdefault(period.year, period.first)

    def wanted(self, rows: Sequence[SheetRow], *, whole: bool) -> dict[Place, Wanted]:
        """Every line once these rows are in. Raises: Invalid naming each row that cannot be."""
        wrong: dict[int, str] = {}
        found = {
            place: Wanted(line.amount, line.rate, line.own_amount)
            for place, line in ({} if whole else self.lines).items()
        }
        seen: dict[Key, int] = {}
        for row in rows:
            if row.gone:
                found = {place: cell for place, cell in found.items() if place[0] != row.key}
                continue
            try:
                self._require_key(row, seen)
                if row.was is not None and row.was != row.key:
                    self._rename(found, row.was, row.key)
                for period, amount in row.cells.items():
                    found.pop((row.key, period), None)
                    if amount:
                        found[row.key, period] = self._cell(row.key, period, amount)
            except ValueError as error:
                wrong[row.number] = str(error)
        require_none(wrong)
        self._require_size(found)
        return found

    def _rename(self, found: dict[Place, Wanted], was: Key, key: Key) -> None:
        for old, period in [place for place in found if place[0] == was]:
            cell = found.pop((old, period))
            if key.currency != old.currency:
                cell = self._cell(key, period, cell.amount)
            found[key, period] = cell

    def _require_key(self, row: SheetRow, seen: dict[Key, int]) -> None:
        """Raises ValueError for a row that cannot stand in the sheet."""
        key = row.key
        if key in seen:
            raise ValueError(f"it is the same line as row {seen[key]}; put both into one")
        seen[key] = row.number
        if row.was is not None and row.was != key and key in self._keys:
            raise ValueError("there is such a line already; change that one")
        if len(key.wbs) > CODE_LENGTH or len(key.text) > NAME_LENGTH:
            raise ValueError(
                f"a WBS code has at most {CODE_LENGTH} characters and a text {NAME_LENGTH}"
            )
        if key.category not in Category.values:
            raise ValueError(f"‘{key.category[:40]}’ is no category")
        if key.nature not in Nature.values:
            raise ValueError(f"‘{key.nature[:40]}’ is no nature; write capex or opex")
        if key.currency not in self._rates.units:
            raise ValueError(f"‘{key.currency[:10]}’ is no currency that is kept here")
        allowed = self._natures.get(key.category, frozenset())
        if allowed and key.nature not in allowed and key not in self._keys:
            label, right = Category(key.category).label.lower(), " or ".join(sorted(allowed))
            raise ValueError(
                f"the account rules put {label} under {right}; only finance puts it elsewhere"
            )

    def _cell(self, key: Key, period_id: int, amount: Decimal) -> Wanted:
        """Raises: ValueError for a period or an amount that cannot be."""
        period = self._periods.by_id.get(period_id)
        if period is None:
            raise ValueError("its period is none of this office")
        if not amount.is_finite() or amount < 0:
            raise ValueError(f"the amount of {period.name} is below 0; a budget has no credits")
        if amount > LARGEST:
            raise ValueError(f"the amount of {period.name} is above {LARGEST:,.0f}")
        units = self._rates.units[key.currency]
        if not is_stored(amount, units):
            raise ValueError(
                f"the amount of {period.name} has more than {units} decimals, "
                f"and {key.currency} has no more"
            )
        known = self.lines.get((key, period_id))
        if known is not None and known.amount == amount:
            return Wanted(amount, known.rate, known.own_amount)
        own = self._budget.currency_id
        try:
            rate = self._rates.rate(Kind.BUDGET, key.currency, own, self._years[period.year])
        except Invalid as error:
            raise ValueError(error.message[0].lower() + error.message[1:].rstrip(".")) from None
        return Wanted(amount, kept_rate(rate), self._rates.at(rate, amount, own))

    def _require_size(self, found: Mapping[Place, Wanted]) -> None:
        budget = self._budget
        if len(found) > MOST_LINES:
            raise Invalid(
                "finance.budget_lines",
                f"The budget would have {len(found):,} lines; at most {MOST_LINES:,} are kept. "
                "Budget coarser parts of the work.",
            )
        total = sum((cell.own_amount for cell in found.values()), ZERO)
        total += budget.undistributed + budget.contingency + budget.management_reserve
        if total > LARGEST:
            raise Invalid(
                "finance.budget_total",
                f"The budget would come to {total:,.2f}; at most {LARGEST:,.0f} are kept.",
            )


def _natures(office_id: int) -> dict[str, frozenset[str]]:
    """Category → the natures that the account rules of an office give it."""
    found: dict[str, frozenset[str]] = {}
    rules = AccountRule.objects.filter(office_id=office_id, voided=False).order_by()
    for category, nature in rules.values_list("category", "nature").distinct():
        found[category] = found.get(category, frozenset()) | {nature}
    return found


def require_none(wrong: Mapping[int, str]) -> None:
    """Raises Invalid naming the rows that cannot be taken, the first of them with the reason."""
    if not wrong:
        return
    listed = [f"Row {number}: {why}." for number, why in sorted(wrong.items())]
    more = len(listed) - MOST_TOLD
    told = " ".join(listed[:MOST_TOLD]) + (f" And {more} more rows." if more > 0 else "")
    raise Invalid(
        "finance.lines",
        f"{told} Nothing was saved; mend the rows and send them again.",
        fields={"lines": told, **{f"row_{number}": why for number, why in wrong.items()}},
    )
