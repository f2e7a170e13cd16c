# SPDX-License-Identifier: Apache-2.0
"""The queue of background jobs: put in, take out, end. Who runs them stands in ``runner``.

A job is taken by one conditional update, so that two runners never hold it together, on
SQLite and PostgreSQL alike. It is held by a lease that its runner renews; when a runner
dies, the lease runs out and another takes the job up. Handlers are therefore safe to repeat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.module_loading import import_string

from pilothouse.foundation.core import clock
from pilothouse.foundation.core.models import Job, JobRun

Payload = Mapping[str, int | str | bool | None]
"""Ids and small values only: rows are read when the job runs, not when it is queued."""

MAX_ATTEMPTS = 5
LEASE = timedelta(seconds=120)
FIRST_WAIT = timedelta(seconds=30)
"""Waiting time after the first failure; it doubles with each further one."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a handler is given: the payload, and a way to say how far it is."""

    job_id: int
    payload: Payload

    def progress(self, done_pct: int) -> None:
        """Note how far the job is, 0 to 100."""
        Job.objects.filter(pk=self.job_id).update(progress_pct=max(0, min(100, done_pct)))


Handler = Callable[[Work], str]
"""Does the work and returns a sentence for the record of runs."""


@dataclass(frozen=True, slots=True)
class Periodic:
    """A job that returns: every day at a time of the office, or every so often."""

    name: str
    daily_at: time | None = None
    every: timedelta | None = None

    def slot(self, now: datetime) -> datetime:
        """The latest moment at or before ``now`` at which it was due."""
        if self.daily_at is not None:
            today = clock.day_of(now)
            due = datetime.combine(today, self.daily_at, clock.zone())
            if due > now:
                due = datetime.combine(today - timedelta(days=1), self.daily_at, clock.zone())
            return due.astimezone(UTC)
        step = self.every or timedelta(days=1)
        epoch = datetime(2000, 1, 1, tzinfo=UTC)
        return epoch + (now - epoch) // step * step


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every job there is, and which of them return."""

    handlers: Mapping[str, Handler]
    periodic: Sequence[Periodic]


def schedule() -> Schedule:
    """The table that the settings name."""
    table: Schedule = import_string(settings.PILOTHOUSE_SCHEDULE)
    return table


def enqueue(
    *, name: str, payload: Payload, run_at: datetime, unique_key: str | None = None
) -> Job | None:
    """Put a job into the queue inside the transaction of its cause.

    With a ``unique_key``, nothing is added while a job with this key waits or runs.
    """
    if name not in schedule().handlers:
        raise LookupError(f"There is no job ‘{name}’; add it to the schedule.")
    return _insert(Job(name=name, payload=dict(payload), run_at=run_at, unique_key=unique_key))


def enqueue_due(now: datetime) -> int:
    """Queue each periodic job whose slot has come and was not queued by anybody."""
    added = 0
    for entry in schedule().periodic:
        slot = entry.slot(now)
        if Job.objects.filter(name=entry.name, slot=slot).exists():
            continue
        added += _insert(Job(name=entry.name, run_at=now, slot=slot)) is not None
    return added


def _insert(job: Job) -> Job | None:
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:
        return None
    return job


def _due(now: datetime) -> Q:
    return Q(state=Job.State.QUEUED, run_at__lte=now) | Q(
        state=Job.State.RUNNING, lease_until__lt=now
    )


def take(holder: str, now: datetime) -> Job | None:
    """Take the job that is due longest; park those that were tried too often."""
    while True:
        job = Job.objects.filter(_due(now)).order_by("run_at", "id").first()
        if job is None:
            return None
        mine = Job.objects.filter(_due(now), pk=job.pk, attempts=job.attempts, holder=job.holder)
        if job.attempts >= MAX_ATTEMPTS:
            mine.update(
                state=Job.State.PARKED,
                lease_until=None,
                unique_key=None,
                detail="Its runner ended without a word, time after time.",
            )
            continue
        if mine.update(
            state=Job.State.RUNNING,
            attempts=F("attempts") + 1,
            holder=holder,
            lease_until=now + LEASE,
        ):
            job.refresh_from_db()
            return job


def renew(job: Job, now: datetime) -> bool:
    """Hold the job for longer; False when somebody else has it by now."""
    held = Job.objects.filter(pk=job.pk, holder=job.holder, state=Job.State.RUNNING)
    return bool(held.update(lease_until=now + LEASE))


def finish(job: Job, detail: str) -> None:
    """The job is done."""
    _end(job, state=Job.State.DONE, progress_pct=100, detail=detail)


def fail(job: Job, detail: str, now: datetime) -> None:
    """The job failed: it waits for another try, or is parked after the last."""
    if job.attempts >= MAX_ATTEMPTS:
        _end(job, state=Job.State.PARKED, detail=detail)
        return
    wait = FIRST_WAIT * 2 ** (job.attempts - 1)
    held = Job.objects.filter(pk=job.pk, holder=job.holder, state=Job.State.RUNNING)
    held.update(
        state=Job.State.QUEUED, run_at=now + wait, lease_until=None, holder="", detail=detail
    )


def _end(job: Job, **values: object) -> None:
    held = Job.objects.filter(pk=job.pk, holder=job.holder, state=Job.State.RUNNING)
    held.update(lease_until=None, unique_key=None, **values)


@contextmanager
def recorded(name: str) -> Iterator[JobRun]:
    """Keep a record of work that is done outside the queue; set ``detail`` on what is given."""
    run = JobRun.objects.create(name=name)
    run.outcome = JobRun.Outcome.FAILED
    try:
        yield run
        run.outcome = JobRun.Outcome.DONE
    finally:
        run.finished_at = timezone.now()
        run.save(update_fields=["detail", "outcome", "finished_at"])


def was_done(name: str) -> bool:
    """Whether recorded work of this name ever ended well."""
    return JobRun.objects.filter(name=name, outcome=JobRun.Outcome.DONE).exists()


def unpark(now: datetime) -> int:
    """Let every parked job be tried again from the start. Returns how many there were."""
    parked = Job.objects.filter(state=Job.State.PARKED)
    return parked.update(state=Job.State.QUEUED, attempts=0, holder="", run_at=now)


def forget(before: datetime) -> int:
    """Remove jobs and runs that ended before a moment; parked jobs stay until looked at."""
    old, _ = Job.objects.filter(state=Job.State.DONE, run_at__lt=before).delete()
    runs, _ = (
        JobRun.objects.filter(finished_at__lt=before).exclude(name__startswith="demo.").delete()
    )
    return old + runs
