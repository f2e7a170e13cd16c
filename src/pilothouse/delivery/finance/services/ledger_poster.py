# SPDX-License-Identifier: Apache-2.0
"""The rows of one posting, chunk by chunk: read, matched, placed and written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import islice

from pilothouse.delivery.finance.ledger_effect import BUCKETS, Effect, Posting, Row
from pilothouse.delivery.finance.ledger_places import Places
from pilothouse.delivery.finance.ledger_rows import Entry, Problem, RowReader, stated_total
from pilothouse.delivery.finance.models import Actual, Commitment
from pilothouse.delivery.finance.services.ledger_writing import CHUNK, analyse, insert_rows
from pilothouse.foundation.organisation.models import OrgUnit

State = Actual.State
_KeyOfRow = tuple[str, str, str]


class Poster:
    """Goes through the rows of one posting, a chunk at a time."""

    def __init__(self, office: OrgUnit, effect: Effect, posting: Posting) -> None:
        assert effect.batch is not None, "rows belong to a batch"
        self.office, self.effect, self.batch = office, effect, effect.batch
        self.posting = posting
        self.places = Places(office)
        self.reader = RowReader(posting.form, self.places.rates.units, effect.wrong)
        self.stated: dict[str, Decimal] = dict(posting.stated)
        self.seen: dict[_KeyOfRow, int] = {}
        self.turned: set[int] = set()
        self.written: dict[_KeyOfRow, Actual] = {}
        self.there: dict[_KeyOfRow, str] = {}
        self.targets: dict[_KeyOfRow, Actual] = {}
        self.orders: dict[str, tuple[int, int]] = {}
        self.count, self.known_at = 0, 5 * CHUNK

    def run(self, rows: Iterable[Row]) -> None:
        """Read and write all rows; afterwards the totals have to be right."""
        source = iter(rows)
        while chunk := list(islice(source, CHUNK)):
            entries = [entry for row in chunk if (entry := self._read(row)) is not None]
            self._look_up(entries)
            for entry in entries:
                self._take(entry)
            self._write()
        self.reader.mixed()
        if not self.effect.problem_count and not self.seen:
            self.effect.wrong(Problem(1, "file", "It holds no row."))
        if not self.effect.problem_count:
            self._require_totals()

    def _read(self, row: Row) -> Entry | None:
        number, cells = row
        form, units = self.posting.form, self.places.rates.units
        total = stated_total(cells, form, units)
        if total is not None:
            self.stated[total[0]] = total[1]
            return None
        entry = self.reader.read(number, cells)
        if entry is None:
            return None
        before = self.seen.setdefault(entry.key, number)
        if before != number:
            self._wrong(entry, "line_no", f"Row {before} has the same document and line.")
            return None
        period = self.places.periods.on(entry.posting_date)
        if entry.period and period is not None and not period.is_called(entry.period):
            day = f"{entry.posting_date:%Y-%m-%d}"
            self._wrong(entry, "period", f"{day} lies in {period.name}, not in {entry.period}.")
            return None
        return entry

    def _wrong(self, entry: Entry, name: str, reason: str) -> None:
        self.effect.wrong(Problem(entry.row, name, reason))

    def _look_up(self, entries: Sequence[Entry]) -> None:
        """What is there already of these documents, what they turn back, and their orders."""
        documents = {entry.document_no for entry in entries}
        live = Actual.objects.filter(office_id=self.office.pk).exclude(state=State.ROLLED_BACK)
        self.there = {
            (source, document, line): digest
            for source, document, line, digest in live.filter(document_no__in=documents)
            .order_by()
            .values_list("source_system", "document_no", "line_no", "digest")
        }
        turned = {entry.reverses[0] for entry in entries if entry.reverses}
        self.targets = (
            {
                (row.source_system, row.document_no, row.line_no): row
                for row in live.filter(document_no__in=turned).order_by()
            }
            if turned
            else {}
        )
        before = Actual.objects.filter(reverses__in=list(self.targets.values()))
        if self.targets:
            gone = before.exclude(state=State.ROLLED_BACK).order_by()
            self.turned |= set(gone.values_list("reverses_id", flat=True))
        orders = {entry.po_no for entry in entries if entry.po_no}
        found = Commitment.objects.filter(office_id=self.office.pk, number__in=orders)
        self.orders = (
            {
                number: (pk, project)
                for number, pk, project in found.order_by().values_list(
                    "number", "pk", "project_id"
                )
            }
            if orders
            else {}
        )

    def _take(self, entry: Entry) -> None:
        known = self.there.get(entry.key)
        if known is not None:
            if known != entry.digest:
                self._wrong(
                    entry,
                    "line_no",
                    f"{entry.source_system} {entry.document_no}/{entry.line_no} is there already "
                    "and says something else. A change is posted as a row that reverses it, and "
                    "one with a line of its own.",
                )
                return
            self.effect.count(entry.currency, "skipped", entry.amount)
            return
        row = self._row(entry)
        if entry.reverses and not self._turn_back(entry, row):
            return
        place = self.places.place(row)
        self._link_order(entry, row)
        self.written[entry.key] = row
        self.effect.count(entry.currency, place.state, entry.amount)
        if place.state != State.MAPPED:
            self.effect.waiting[place.state, place.reason] += 1

    def _row(self, entry: Entry) -> Actual:
        return Actual(
            office_id=self.office.pk,
            batch=self.batch,
            row=entry.row,
            source_system=entry.source_system,
            document_no=entry.document_no,
            line_no=entry.line_no,
            posting_date=entry.posting_date,
            account=entry.account,
            cost_centre=entry.cost_centre,
            project_code=entry.project_code,
            wbs=entry.wbs_code,
            supplier=entry.supplier,
            po_no=entry.po_no,
            text=entry.text,
            digest=entry.digest,
            amount=entry.amount,
            currency_id=entry.currency,
            nature=entry.nature,
        )

    def _link_order(self, entry: Entry, row: Actual) -> None:
        if not entry.po_no:
            return
        order, project = self.orders.get(entry.po_no, (None, None))
        if order is not None and row.project_id in (None, project):
            row.commitment_id = order
            return
        what = "is not known here" if order is None else "belongs to another project"
        warning = f"Order {entry.po_no} {what}."
        self.effect.warnings[warning] += 1
        if not row.state_reason:
            row.state_reason = warning

    def _turn_back(self, entry: Entry, row: Actual) -> bool:
        """Name the row that this one turns back; False, and told, where it cannot."""
        key = (entry.source_system, *(entry.reverses or ("", "")))
        if key in self.written:
            self.targets |= self.written
            self._write(with_keys=True)
        found = self.targets.get(key)
        reason = self._bar_to_reversal(entry, found)
        if reason or found is None:
            self._wrong(entry, "reverses", reason)
            return False
        self.turned.add(found.pk)
        row.reverses = found
        return True

    def _bar_to_reversal(self, entry: Entry, found: Actual | None) -> str:
        """Why a row does not turn another one back; empty where it does."""
        name = "/".join(entry.reverses or ())
        if found is None:
            return f"There is no row {name} of {entry.source_system} to turn back."
        if found.currency_id != entry.currency or found.amount != -entry.amount:
            return (
                f"Row {name} is {found.currency_id} {found.amount:,.2f}; what turns it back has "
                "the opposite amount."
            )
        return f"Row {name} was turned back already." if found.pk in self.turned else ""

    def _write(self, *, with_keys: bool = False) -> None:
        """Write the rows of the chunk, unless something is wrong and nothing will stay."""
        if self.written and not self.effect.problem_count:
            insert_rows(list(self.written.values()), with_keys=with_keys)
            self.count += len(self.written)
            if self.count >= self.known_at:
                # Without this the database reads the whole table for each of the next chunks.
                self.known_at *= 2
                analyse()
        self.written = {}

    def _require_totals(self) -> None:
        """The control totals add up, and are what was stated."""
        for currency, told in self.effect.totals.items():
            for place in (0, 1):
                parts = sum(told[name][place] for name in BUCKETS[1:])
                assert told["imported"][place] == parts, f"control totals of {currency}"
        for currency, amount in self.stated.items():
            found = self.effect.totals.get(currency, {}).get("imported", [0, Decimal(0)])[1]
            if found != amount:
                self.effect.wrong(
                    Problem(
                        1,
                        "amount",
                        f"The rows in {currency} come to {found:,.2f}; the stated control total "
                        f"is {amount:,.2f}.",
                    )
                )
