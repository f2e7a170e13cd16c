# SPDX-License-Identifier: Apache-2.0
"""Entering exchange rates, one by one or as a table, and taking them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import ExchangeRate
from pilothouse.delivery.finance.services.keeping import change, create, lock_office
from pilothouse.delivery.finance.services.keeping import required_reason as reasoned
from pilothouse.foundation.core import jobs
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.parsing import number_of
from pilothouse.foundation.organisation.models import Currency, OrgUnit

RATE_FIELDS = (
    *("kind", "from_currency", "to_currency", "rate", "valid_from", "valid_to", "source"),
)
COLUMNS = ("kind", "from", "to", "day", "last", "rate", "source")
"""Of a table of rates; ``last`` and ``source`` may be missing."""
NEEDED = ("kind", "from", "to", "day", "rate")
VALUE = "finance.value_orders"
"""The job that brings new rates into the kept sums."""
MOST_LINES = 5000
PLACES = 10
LARGEST = Decimal(10) ** 10
_WRONG_SHOWN = 20
Line = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NewRate:
    """A rate as it is entered: units of ``other`` for one of ``one``."""

    kind: str
    one: str
    other: str
    rate: Decimal
    first: date
    last: date | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class RatesTaken:
    """What a table of rates does, or would do: rows by number, with reasons where wrong."""

    added: Sequence[NewRate]
    same: int
    wrong: Mapping[int, str]


@transaction.atomic
def enter_rate(*, actor: Actor, office: OrgUnit, new: NewRate) -> ExchangeRate:
    """Enter one exchange rate; the sums of orders follow by a job.

    Who: C on fx_rate. Writes: ExchangeRate. Raises: Invalid for an unknown currency, a rate that
    is not above 0, and one that overlaps another, naming both.
    """
    allowed = _require(actor, office)
    lock_office(office)
    known = _Known(office)
    known.require_new(new)
    row = _keep(allowed, office, new)
    _order_value(office)
    return row


def take_rates(
    *, actor: Actor, office: OrgUnit, lines: Mapping[int, Line], commit: bool
) -> RatesTaken:
    """As ``take_new`` for lines of text, each by its number in the table."""
    news: dict[int, NewRate | str] = {}
    for number, line in lines.items():
        try:
            news[number] = _new_rate(line)
        except Invalid as error:
            news[number] = error.message
    return take_new(actor=actor, office=office, news=news, commit=commit)


@transaction.atomic
def take_new(
    *, actor: Actor, office: OrgUnit, news: Mapping[int, NewRate | str], commit: bool
) -> RatesTaken:
    """Enter a table of rates, all or none; without ``commit`` only say what it would do.

    A line that is there already is passed over; one that is a text could not be read, which the
    text says. Who: C on fx_rate. Writes: ExchangeRate.
    Raises: Invalid naming each line that cannot be taken, and why, when it is to be committed.
    """
    allowed = _require(actor, office)
    lock_office(office)
    taken = _sorted_out(office, news)
    if not commit:
        return taken
    if taken.wrong:
        shown = list(taken.wrong.items())[:_WRONG_SHOWN]
        told = " ".join(f"Line {number}: {reason}" for number, reason in shown)
        more = len(taken.wrong) - len(shown)
        rest = f" And {more} more." if more else ""
        raise Invalid(
            "finance.rate_lines", f"Nothing was taken. {told}{rest}", fields={"lines": told}
        )
    for new in taken.added:
        _keep(allowed, office, new)
    if taken.added:
        _order_value(office)
    return taken


@transaction.atomic
def void_rate(
    *, actor: Actor, rate: ExchangeRate, version: int | None, reason: str
) -> ExchangeRate:
    """Take a rate back: nothing is converted by it from now on, and it stays readable.

    Who: V on fx_rate. Writes: ExchangeRate. Raises: Invalid, Conflict.
    """
    row = core.lock(ExchangeRate.objects.select_related("office"), rate.pk)
    allowed = rules.require_in_office(
        actor, row.office, rules.EXCHANGE_RATE, "V", "void an exchange rate"
    )
    text = reasoned(reason, "the rate is void")
    core.require_version(row, version)
    if row.voided:
        raise Invalid("finance.rate_void", "This rate is void already.")
    change(
        actor=allowed,
        obj=row,
        values={"voided": True, "void_reason": text},
        version=version,
        action="exchangerate.void",
        reason=text,
        office_id=row.office_id,
    )
    _order_value(row.office)
    return row


def _order_value(office: OrgUnit) -> None:
    """Let what is open of orders be valued anew after the commit, by a job of its own."""
    jobs.enqueue(name=VALUE, payload={"office_id": office.pk}, run_at=timezone.now())


def _require(actor: Actor, office: OrgUnit) -> Actor:
    return rules.require_in_office(actor, office, rules.EXCHANGE_RATE, "C", "enter exchange rates")


def _keep(allowed: Actor, office: OrgUnit, new: NewRate) -> ExchangeRate:
    row = ExchangeRate(
        office=office,
        kind=new.kind,
        from_currency_id=new.one,
        to_currency_id=new.other,
        rate=new.rate,
        valid_from=new.first,
        valid_to=new.last,
        source=new.source,
    )
    return create(actor=allowed, obj=row, names=RATE_FIELDS, office_id=office.pk)


class _Known:
    """The rates that an office has, and those of the table that were read so far."""

    def __init__(self, office: OrgUnit) -> None:
        self.currencies = set(Currency.objects.values_list("code", flat=True))
        self._rows: dict[tuple[str, str, str], list[NewRate]] = {}
        rows = ExchangeRate.objects.filter(office=office, voided=False)
        names = ("kind", "from_currency_id", "to_currency_id", "rate", "valid_from", "valid_to")
        for values in rows.values_list(*names, "source"):
            self.add(NewRate(*values))

    def add(self, new: NewRate) -> None:
        self._rows.setdefault((new.kind, new.one, new.other), []).append(new)

    def has(self, new: NewRate) -> bool:
        """Whether the same rate is there for the same days."""
        there = self._rows.get((new.kind, new.one, new.other), [])
        return any(
            (row.first, row.last, row.rate) == (new.first, new.last, new.rate) for row in there
        )

    def problem(self, new: NewRate) -> str:
        """Why a rate cannot be entered; empty where it can."""
        try:
            self.require_new(new)
        except Invalid as error:
            return error.message
        return ""

    def require_new(self, new: NewRate) -> None:
        """Raises: Invalid for what no rate is, and where two would hold on one day."""
        for name, code in (("from_currency", new.one), ("to_currency", new.other)):
            if code not in self.currencies:
                message = f"There is no currency ‘{code[:10]}’; finance adds it under settings."
                raise Invalid("finance.currency", message, fields={name: message})
        if new.kind not in ExchangeRate.Kind.values:
            message = f"‘{new.kind[:20]}’ is no kind of rate; write budget, actual or closing."
            raise Invalid("finance.rate_kind", message, fields={"kind": message})
        if not 0 < new.rate < LARGEST or new.rate != round(new.rate, PLACES):
            message = (
                f"A rate is above 0 and has at most {PLACES} decimals; this is {new.rate:.12g}."
            )
            raise Invalid("finance.rate_value", message, fields={"rate": message})
        if new.one == new.other:
            message = f"A rate is between two currencies; this is {new.one} twice."
            raise Invalid("finance.rate_pair", message, fields={"to_currency": message})
        for row in self._rows.get((new.kind, new.one, new.other), []):
            if overlap(row, new):
                message = (
                    f"{in_words(new)} overlaps {in_words(row)}. Choose other days, or void the "
                    "one that is there."
                )
                raise Invalid("finance.rate_overlap", message, fields={"valid_from": message})


def overlap(one: NewRate, other: NewRate) -> bool:
    """Whether two rates of a kind and pair claim the same day.

    One without a last day ends by itself where the next begins, so it claims its first day only.
    """
    return one.first <= (other.last or other.first) and other.first <= (one.last or one.first)


def in_words(row: NewRate) -> str:
    """A rate as it is named in a message."""
    until = f" to {row.last:%Y-%m-%d}" if row.last else ""
    return (
        f"The {row.kind} rate {row.one}/{row.other} {row.rate.normalize():f} "
        f"from {row.first:%Y-%m-%d}{until}"
    )


def _sorted_out(office: OrgUnit, news: Mapping[int, NewRate | str]) -> RatesTaken:
    if not 1 <= len(news) <= MOST_LINES:
        message = f"A table has 1 to {MOST_LINES} lines of rates; this one has {len(news)}."
        raise Invalid("finance.rate_count", message, fields={"lines": message})
    known = _Known(office)
    added: list[NewRate] = []
    wrong: dict[int, str] = {}
    same = 0
    for number, new in news.items():
        if isinstance(new, str):
            wrong[number] = new
        elif known.has(new):
            same += 1
        elif problem := known.problem(new):
            wrong[number] = problem
        else:
            known.add(new)
            added.append(new)
    return RatesTaken(added, same, wrong)


def _new_rate(line: Line) -> NewRate:
    rate = _number(line.get("rate", ""))
    first = _day("day", line.get("day", ""))
    if first is None or rate is None:
        message = "A line needs kind, from, to, day and rate."
        raise Invalid("finance.rate_line", message, fields={"lines": message})
    return NewRate(
        line.get("kind", "").casefold(),
        line.get("from", "").upper(),
        line.get("to", "").upper(),
        rate,
        first,
        _day("last", line.get("last", "")),
        line.get("source", "")[:200],
    )


def _number(text: str) -> Decimal | None:
    try:
        return number_of(text)
    except ValueError:
        message = f"‘{text[:40]}’ is no number; write it with a decimal point, as 1.0857."
        raise Invalid("finance.rate_number", message, fields={"rate": message}) from None


def _day(name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        message = f"‘{text[:40]}’ is no date; write it as 2026-11-30."
        raise Invalid("finance.rate_day", message, fields={name: message}) from None
