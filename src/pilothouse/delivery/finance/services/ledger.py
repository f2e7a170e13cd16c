# SPDX-License-Identifier: Apache-2.0
"""Posting rows of the ledger: the one way for a file, the API and by hand (DOMAIN 6.6).

Rows are read, checked, matched with what is there, put where they belong, and written in chunks;
a dry run does all of it and takes it back.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.events import MoneyChanged
from pilothouse.delivery.finance.ledger_effect import Effect, Posting, Row
from pilothouse.delivery.finance.ledger_rows import REQUIRED, Problem
from pilothouse.delivery.finance.models import Actual, LedgerBatch
from pilothouse.delivery.finance.services.keeping import lock_ledger
from pilothouse.delivery.finance.services.ledger_poster import Poster
from pilothouse.delivery.finance.services.totals import retotal
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.core.events import publish
from pilothouse.foundation.organisation.models import OrgUnit

Rows = Iterable[Row]
BATCH_FIELDS = ("number", "name", "digest", "idempotency_key", "state", "totals")


class _Undone(Exception):
    """Takes back what a dry run wrote."""


def post_rows(*, actor: Actor, office: OrgUnit, rows: Rows, posting: Posting) -> Effect:
    """Post rows of the ledger as one batch, all or none.

    A row that is there already with the same content is skipped. One that no rule places goes to
    suspense, one of a closed period or project is held; each says why.

    Who: C on ledger_import in the office. Writes: LedgerBatch, Actual, CostTotal.
    Publishes: MoneyChanged. Raises: Invalid ``finance.ledger_rows`` naming rows, columns and
    reasons where anything is wrong, Conflict where ``key`` was used for something else.
    """
    allowed = rules.require_in_office(actor, office, rules.IMPORT, "C", "post rows of the ledger")
    with transaction.atomic():
        lock_ledger(office.pk)
        if posting.key:
            known = LedgerBatch.objects.filter(office=office, idempotency_key=posting.key).first()
            if known is not None:
                return _same(known, posting)
        return post_allowed(allowed, office, rows, posting)


def post_allowed(actor: Actor, office: OrgUnit, rows: Rows, posting: Posting) -> Effect:
    """As ``post_rows`` for services that have seen to permission and locked the office."""
    effect = _post(actor, office, rows, posting)
    _require_sound(effect)
    publish(MoneyChanged(_settled(effect), "ledger"))
    return effect


def dry_run(*, actor: Actor, office: OrgUnit, rows: Rows, posting: Posting) -> Effect:
    """What ``post_rows`` would do, problems included: all of it is done, and taken back.

    Who: as ``post_rows``. Writes: nothing that stays.
    """
    allowed = rules.require_in_office(actor, office, rules.IMPORT, "C", "post rows of the ledger")
    try:
        with transaction.atomic():
            lock_ledger(office.pk)
            effect = _post(allowed, office, rows, posting)
            raise _Undone
    except _Undone:
        effect.batch = None
        return effect


def _same(known: LedgerBatch, posting: Posting) -> Effect:
    if known.digest != posting.digest:
        raise Conflict(
            "finance.key_used",
            f"The key ‘{posting.key}’ was used for batch {known.number} with other rows. "
            "Send other rows with a key of their own.",
        )
    return Effect(batch=known, again=True)


def _require_sound(effect: Effect) -> None:
    """Raises Invalid with the first problems where there are any."""
    if not effect.problem_count:
        return
    count = effect.problem_count
    words = "One entry is wrong" if count == 1 else f"{count:,} entries are wrong"
    first = effect.problems[0].sentence
    raise Invalid(
        "finance.ledger_rows",
        f"{words}, so nothing was posted. {first}",
        fields={
            f"row {problem.row} {problem.field}": problem.reason for problem in effect.problems
        },
    )


def _post(actor: Actor, office: OrgUnit, rows: Rows, posting: Posting) -> Effect:
    effect = Effect()
    absent = [name for name in REQUIRED if name not in set(posting.columns)]
    for name in absent:
        effect.wrong(Problem(1, name, "No column holds it."))
    if absent:
        return effect
    last = LedgerBatch.objects.filter(office=office).order_by("-number").first()
    batch = LedgerBatch(
        office=office,
        number=last.number + 1 if last else 1,
        name=posting.name,
        digest=posting.digest,
        mapping=posting.mapping,
        idempotency_key=posting.key or None,
        created_by_id=actor.user_id,
        updated_by_id=actor.user_id,
    )
    batch.save(force_insert=True)
    effect.batch = batch
    Poster(office, effect, posting).run(rows)
    if effect.problem_count:
        return effect
    if effect.waits:
        batch.state = LedgerBatch.State.WITH_SUSPENSE
    batch.totals = effect.kept()
    batch.save(update_fields=["totals", "state"])
    core.record(
        actor=actor,
        action="ledgerbatch.create",
        obj=batch,
        after=core.plain(batch, BATCH_FIELDS),
        office_id=office.pk,
    )
    return effect


def _settled(effect: Effect) -> tuple[int, ...]:
    """Sum anew the projects that a batch has rows of; says which."""
    assert effect.batch is not None, "a posting without problems has a batch"
    found = Actual.objects.filter(batch=effect.batch, state=Actual.State.MAPPED).order_by()
    projects = tuple(sorted(found.values_list("project_id", flat=True).distinct()))
    ids = tuple(project for project in projects if project is not None)
    retotal(ids)
    return ids
