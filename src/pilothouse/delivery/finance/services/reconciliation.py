# SPDX-License-Identifier: Apache-2.0
"""The totals of a period beside those of the ledger: compared, explained, signed off (R-LED-05)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.fields import LARGEST
from pilothouse.delivery.finance.ledger_rows import Form, RowReader, plain_text
from pilothouse.delivery.finance.models import (
    FiscalPeriod,
    Reconciliation,
    ReconciliationLine,
)
from pilothouse.delivery.finance.models.kinds import CODE_LENGTH, REASON_LENGTH
from pilothouse.delivery.finance.queries.batches import (
    codes_of,
    compared,
    project_totals,
    unseen_codes,
)
from pilothouse.delivery.finance.services.keeping import (
    change,
    create,
    lock_ledger,
    required_reason,
)
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import Currency, OrgUnit

MOST_LINES = 20_000
MOST_TOLD = 200
State = Reconciliation.State
Extract = Iterable[tuple[str, str, str]]
"""Code of a project, currency and amount, as text."""


@transaction.atomic
def reconcile(
    *,
    actor: Actor,
    office: OrgUnit,
    period: FiscalPeriod,
    source: str,
    extract: Extract,
    form: Form,
    most: int = MOST_LINES,
) -> Reconciliation:
    """Hold the project totals of a ledger extract against what stands here for a period.

    Codes are read by the rules of codes; lines of one project and currency are added, ``most`` of
    them.
    Who: C on ledger_import in the office. Writes: Reconciliation, ReconciliationLine.
    Raises: Invalid naming lines that cannot be read.
    """
    lock_ledger(office.pk)
    allowed = rules.require_in_office(actor, office, rules.IMPORT, "C", "reconcile the ledger")
    if period.office_id != office.pk:
        message = "The period belongs to another office."
        raise Invalid("finance.reconciliation_period", message, fields={"period": message})
    theirs = _read(office, extract, form, most)
    row = create(
        actor=allowed,
        obj=Reconciliation(office=office, period=period, source=source.strip()),
        names=("period", "source"),
        office_id=office.pk,
    )
    ours, _ = project_totals(office.pk, period)
    ReconciliationLine.objects.bulk_create(
        [
            ReconciliationLine(
                reconciliation=row,
                project_code=code,
                currency_id=currency,
                theirs=theirs.get((code, currency), Decimal(0)),
                ours=ours.get((code, currency), Decimal(0)),
            )
            for code, currency in sorted({*theirs, *ours})
        ],
        batch_size=1000,
    )
    return row


@transaction.atomic
def explain_lines(
    *, actor: Actor, row: Reconciliation, version: int | None, texts: Mapping[int, str]
) -> Reconciliation:
    """Say why lines differ; an empty text takes an explanation back.

    Who: U on ledger_import. Writes: ReconciliationLine. Raises: Invalid, Conflict.
    """
    kept, allowed = _open(actor, row, version, "U", "explain differences")
    lines = {line.pk: line for line in kept.lines.filter(pk__in=texts)}
    before, after = {}, {}
    for pk, line in lines.items():
        text = texts[pk].strip()
        if len(text) > REASON_LENGTH:
            message = f"At most {REASON_LENGTH:,} characters."
            raise Invalid("finance.explanation", message, fields={f"line-{pk}": message})
        if text != line.explanation:
            before[str(line)], after[str(line)] = line.explanation, text
            line.explanation = text
    if after:
        core.save_many([lines[pk] for pk in sorted(lines)], ["explanation"])
        core.touch(actor=allowed, obj=kept)
        core.record(
            actor=allowed,
            action="reconciliation.explain",
            obj=kept,
            before=before,
            after=after,
            office_id=kept.office_id,
        )
    return kept


@transaction.atomic
def sign_off(*, actor: Actor, row: Reconciliation, version: int | None) -> Reconciliation:
    """Sign that the period agrees with the ledger: every difference is 0 or explained.

    Who: L on ledger_import. Writes: Reconciliation. Raises: Invalid naming what is open, Conflict.
    """
    kept, allowed = _open(actor, row, version, "L", "sign the reconciliation off")
    lines = compared(kept)
    named = {(told.line.project_code, told.line.currency_id) for told in lines}
    ours, _ = project_totals(kept.office_id, kept.period)
    fresh = [key for key in sorted(ours) if key not in named]
    wrong = {
        f"line-{told.line.pk}": f"{told.difference:,.2f} {told.line.currency_id} not explained."
        for told in lines
        if told.open
    }
    unseen = unseen_codes(actor) if fresh else set()
    wrong |= {
        f"{'–' if code in unseen else code} {currency}": "Came after the extract."
        for code, currency in fresh
    }
    if wrong:
        count = len(wrong)
        words = "One difference is" if count == 1 else f"{count} differences are"
        raise Invalid(
            "finance.not_reconciled",
            f"{words} neither 0 nor explained; explain them, or compare with a newer extract.",
            fields=wrong,
        )
    for told in lines:
        told.line.ours = told.now
    core.save_many([told.line for told in lines], ["ours"])
    signed = None if allowed.user_id is None else User.objects.get(pk=allowed.user_id)
    change(
        actor=allowed,
        obj=kept,
        values={"state": State.SIGNED, "signed_by": signed, "signed_at": timezone.now()},
        version=None,
        action="reconciliation.sign",
        office_id=kept.office_id,
    )
    return kept


@transaction.atomic
def void_reconciliation(
    *, actor: Actor, row: Reconciliation, version: int | None, reason: str
) -> Reconciliation:
    """Set a comparison aside, so that the period is compared anew.

    Who: V on ledger_import. Writes: Reconciliation. Raises: Invalid, Conflict.
    """
    kept = core.lock(Reconciliation.objects.select_related("office", "period"), row.pk)
    allowed = rules.require_in_office(
        actor, kept.office, rules.IMPORT, "V", "set a reconciliation aside"
    )
    core.require_version(kept, version)
    if kept.state == State.VOID:
        raise Invalid("finance.reconciliation_state", "This reconciliation was set aside already.")
    why = required_reason(reason, "the reconciliation is set aside")
    change(
        actor=allowed,
        obj=kept,
        values={"state": State.VOID, "reason": why},
        version=None,
        action="reconciliation.void",
        reason=why,
        office_id=kept.office_id,
    )
    return kept


def _open(
    actor: Actor, row: Reconciliation, version: int | None, letter: str, doing: str
) -> tuple[Reconciliation, Actor]:
    lock_ledger(row.office_id)
    kept = core.lock(Reconciliation.objects.select_related("office", "period"), row.pk)
    allowed = rules.require_in_office(actor, kept.office, rules.IMPORT, letter, doing)
    core.require_version(kept, version)
    if kept.state != State.OPEN:
        raise Invalid(
            "finance.reconciliation_state",
            f"{kept} is {kept.get_state_display().lower()}; set it aside to compare anew.",
        )
    return kept, allowed


def _read(
    office: OrgUnit, extract: Extract, form: Form, most: int
) -> dict[tuple[str, str], Decimal]:
    """Sums of the extract by code of our project and currency."""
    units = dict(Currency.objects.values_list("code", "minor_units"))
    reader = RowReader(form, units, lambda problem: None)
    codes = codes_of(office.pk)
    found: dict[tuple[str, str], Decimal] = {}
    wrong: dict[str, str] = {}
    count = 0
    for number, (code, currency, amount) in enumerate(extract, start=1):
        count = number
        code, currency = plain_text(code), plain_text(currency).upper()
        value = reader.amount(number, plain_text(amount), currency)
        problem = ""
        if number > most:
            problem = f"At most {most:,} lines."
        elif len(code) > CODE_LENGTH:
            problem = f"The code is longer than {CODE_LENGTH} characters."
        elif currency not in units:
            problem = f"‘{currency[:40]}’ is no currency that is kept here."
        elif isinstance(value, str):
            problem = value
        if problem or isinstance(value, str):
            if len(wrong) < MOST_TOLD:
                wrong[f"line {number}"] = problem
            if number > most:
                break
            continue
        key = (codes.get(code, code), currency)
        found[key] = found.get(key, Decimal(0)) + value
        if abs(found[key]) > LARGEST:
            wrong[f"line {number}"] = "The sum is out of range."
    if not count:
        wrong["extract"] = "Enter the totals of the ledger, a project in each line."
    if wrong:
        name, reason = next(iter(wrong.items()))
        raise Invalid(
            "finance.extract",
            f"The extract cannot be read. {name.capitalize()}: {reason}",
            fields=wrong,
        )
    return found
