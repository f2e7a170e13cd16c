# SPDX-License-Identifier: Apache-2.0
"""The queue of background jobs and its runner."""

import threading
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from pilothouse.foundation.core import jobs
from pilothouse.foundation.core.models import Job, JobRun, JobRunner
from pilothouse.foundation.core.runner import Runner

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
CALLS: list[dict] = []


def works(work):
    CALLS.append(dict(work.payload))
    work.progress(40)
    return "Done as told."


def breaks(work):
    raise RuntimeError("the crane is stuck")


def database_away(work):
    raise OperationalError("server closed the connection")


SCHEDULE = jobs.Schedule(
    handlers={"works": works, "breaks": breaks, "away": database_away},
    periodic=(jobs.Periodic("works", daily_at=time(3, 0)),),
)


@pytest.fixture(autouse=True)
def table(settings):
    settings.PILOTHOUSE_SCHEDULE = f"{__name__}.SCHEDULE"
    CALLS.clear()


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """The settings name the table by its dotted path."""
    import sys

    module = type(sys)(__name__)
    module.SCHEDULE = SCHEDULE
    monkeypatch.setitem(sys.modules, __name__, module)


def queued(name="works", at=NOW, **values):
    return jobs.enqueue(name=name, payload={"id": 7}, run_at=at, **values)


def test_a_due_job_is_run_with_its_payload_and_leaves_a_row(db):
    job = queued(at=timezone.now())

    assert Runner().step() is True

    job.refresh_from_db()
    assert CALLS == [{"id": 7}]
    assert (job.state, job.progress_pct, job.attempts) == ("done", 100, 1)
    run = JobRun.objects.get()
    assert (run.name, run.outcome, run.detail, run.job_id) == (
        "works",
        "done",
        "Done as told.",
        job.pk,
    )
    assert run.finished_at is not None


def test_a_job_that_is_not_due_waits(db):
    queued(at=NOW + timedelta(seconds=1))

    assert jobs.take("a", NOW) is None
    assert jobs.take("a", NOW + timedelta(seconds=1)) is not None


def test_an_unknown_job_cannot_be_queued(db):
    with pytest.raises(LookupError, match="There is no job ‘sail’"):
        queued("sail")

    assert Job.objects.count() == 0


def test_a_job_is_held_by_one_runner_until_its_lease_runs_out(db):
    queued()

    first = jobs.take("first", NOW)

    assert first is not None
    assert jobs.take("second", NOW + jobs.LEASE) is None
    second = jobs.take("second", NOW + jobs.LEASE + timedelta(seconds=1))
    assert (second.pk, second.attempts, second.holder) == (first.pk, 2, "second")


def test_a_renewed_lease_keeps_the_job(db):
    queued()
    job = jobs.take("first", NOW)

    assert jobs.renew(job, NOW + timedelta(seconds=90)) is True
    assert jobs.take("second", NOW + jobs.LEASE + timedelta(seconds=1)) is None


def test_who_lost_the_lease_can_no_longer_end_the_job(db):
    queued()
    lost = jobs.take("first", NOW)
    jobs.take("second", NOW + jobs.LEASE + timedelta(seconds=1))

    jobs.finish(lost, "too late")

    job = Job.objects.get()
    assert (job.state, job.holder, job.detail) == ("running", "second", "")
    assert jobs.renew(lost, NOW) is False


def test_a_failure_is_tried_again_after_twice_the_time_and_parked_after_five(db):
    queued("breaks")
    now, waits = NOW, []

    for _ in range(5):
        job = jobs.take("a", now)
        jobs.fail(job, "stuck", now)
        job.refresh_from_db()
        waits.append((job.run_at - now).total_seconds())
        now = max(now, job.run_at)

    assert waits[:4] == [30, 60, 120, 240]
    assert (job.state, job.attempts, job.detail) == ("parked", 5, "stuck")
    assert jobs.take("a", now + timedelta(days=1)) is None


def test_a_job_that_kills_its_runner_is_parked_too(db):
    queued()
    now = NOW
    for _ in range(5):
        assert jobs.take("a", now) is not None
        now += jobs.LEASE + timedelta(seconds=1)

    assert jobs.take("a", now) is None
    assert Job.objects.get().state == "parked"


def test_a_parked_job_can_be_let_go_again(db):
    queued()
    Job.objects.update(state="parked", attempts=5)

    assert jobs.unpark(NOW) == 1
    assert jobs.take("a", NOW).attempts == 1
    assert jobs.unpark(NOW) == 0


def test_the_same_key_waits_once_and_is_free_after_the_end(db):
    first = queued(unique_key="plan-7")

    assert queued(unique_key="plan-7") is None
    jobs.finish(jobs.take("a", NOW), "")
    assert queued(unique_key="plan-7").pk != first.pk


def test_a_failing_job_leaves_its_error_and_does_not_end_the_runner(db):
    queued("breaks", at=timezone.now())
    queued("works", at=timezone.now())
    runner = Runner()

    assert [runner.step(), runner.step()] == [True, True]

    assert CALLS == [{"id": 7}]
    run = JobRun.objects.get(name="breaks")
    assert (run.outcome, run.detail) == ("failed", "RuntimeError: the crane is stuck")


def test_a_periodic_job_is_queued_once_a_slot_by_however_many_runners(db):
    assert jobs.enqueue_due(NOW) == 1
    assert jobs.enqueue_due(NOW + timedelta(hours=2)) == 0
    assert jobs.enqueue_due(NOW + timedelta(hours=15)) == 1

    slots = list(Job.objects.order_by("slot").values_list("slot", flat=True))
    assert slots == [
        datetime(2026, 11, 25, 3, 0, tzinfo=UTC),
        datetime(2026, 11, 26, 3, 0, tzinfo=UTC),
    ]


def test_the_slot_before_the_hour_is_that_of_yesterday():
    nightly = jobs.Periodic("x", daily_at=time(13, 0))
    hourly = jobs.Periodic("x", every=timedelta(hours=1))

    assert nightly.slot(NOW) == datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
    assert hourly.slot(NOW + timedelta(minutes=59)) == NOW


def test_old_ended_jobs_are_forgotten_and_parked_ones_kept(db):
    for state in ("done", "parked", "queued"):
        job = queued()
        Job.objects.filter(pk=job.pk).update(state=state)

    assert jobs.forget(NOW + timedelta(days=1)) == 1
    assert sorted(Job.objects.values_list("state", flat=True)) == ["parked", "queued"]


def test_the_runner_outlives_a_database_that_is_away(db, monkeypatch):
    runner = Runner()
    answers = [OperationalError("the database is gone"), RuntimeError("a bug"), False]
    taken = []

    def step():
        answer = answers[len(taken)]
        taken.append(answer)
        if len(taken) == len(answers):
            runner.stop.set()
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(runner, "step", step)
    monkeypatch.setattr(runner, "_drop_connections", lambda: taken.append("dropped"))
    monkeypatch.setattr(runner.stop, "wait", lambda seconds: False)
    for name in ("connections.close_all", "close_old_connections"):
        monkeypatch.setattr(f"pilothouse.foundation.core.runner.{name}", lambda: None)
    answers.insert(1, None)

    runner.run()

    assert [str(answer) for answer in taken] == [
        "the database is gone",
        "dropped",
        "a bug",
        "False",
    ]


def test_a_runner_shows_that_it_is_alive(db):
    JobRunner.objects.create(name="dead", seen_at=timezone.now() - timedelta(days=2))
    runner = Runner()

    runner.show()

    assert list(JobRunner.objects.values_list("name", flat=True)) == [runner.name]


@pytest.mark.django_db(transaction=True)
def test_two_runners_at_once_never_run_the_same_job():
    for _ in range(20):
        queued(at=timezone.now())
    taken: list[int] = []
    barrier = threading.Barrier(2)

    def drain(name):
        from django.db import connections

        barrier.wait()
        while (job := jobs.take(name, timezone.now())) is not None:
            taken.append(job.pk)
        connections.close_all()

    threads = [threading.Thread(target=drain, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == sorted(Job.objects.values_list("pk", flat=True))
    assert len(set(taken)) == 20
