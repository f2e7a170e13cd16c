# SPDX-License-Identifier: Apache-2.0
"""Runs the jobs of the queue, one at a time, in a thread of the server or in a worker."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import DatabaseError, close_old_connections, connections
from django.utils import timezone

from pilothouse.foundation.core import jobs
from pilothouse.foundation.core.models import Job, JobRun, JobRunner

log = logging.getLogger("pilothouse.jobs")

POLL_SECONDS = 2.0
SEEN_EVERY = timedelta(seconds=30)
RENEW_SECONDS = 30.0
AFTER_ERROR_SECONDS = 5.0


class Runner:
    """Takes jobs until told to stop; a database that is away is waited for."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()[:20]}:{os.getpid()}:{os.urandom(3).hex()}"
        self.stop = threading.Event()
        self._seen = timezone.now() - SEEN_EVERY

    def start(self) -> threading.Thread:
        """Run in a thread that ends with the process."""
        thread = threading.Thread(target=self.run, name="jobs", daemon=True)
        thread.start()
        return thread

    def run(self) -> None:
        """Until ``stop`` is set."""
        while not self.stop.is_set():
            try:
                close_old_connections()
                worked = self.step()
                pause = 0.0 if worked else POLL_SECONDS
            except DatabaseError as error:
                log.warning("the database does not answer the job runner: %s", error)
                self._drop_connections()
                pause = AFTER_ERROR_SECONDS
            except Exception:
                # Whatever went wrong with one job must not end the running of all others.
                log.exception("the job runner stumbled and goes on")
                pause = AFTER_ERROR_SECONDS
            self.stop.wait(pause)
        connections.close_all()

    def step(self) -> bool:
        """Queue what has come due, run one job if there is one; whether there was."""
        now = timezone.now()
        if now - self._seen >= SEEN_EVERY:
            self.show()
            jobs.enqueue_due(now)
        job = jobs.take(self.name, now)
        if job is None:
            return False
        self.perform(job)
        return True

    def show(self) -> None:
        """Leave a sign of life for the health page."""
        now = timezone.now()
        JobRunner.objects.update_or_create(name=self.name, defaults={"seen_at": now})
        JobRunner.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()
        self._seen = now

    def perform(self, job: Job) -> None:
        """Run one job that is held, with a row that tells of it."""
        run = JobRun.objects.create(name=job.name, job=job)
        handler = jobs.schedule().handlers.get(job.name)
        try:
            if handler is None:
                raise LookupError(f"this version knows no job ‘{job.name}’")
            with self._lease(job):
                run.detail = handler(jobs.Work(job.pk, job.payload))
            run.outcome = JobRun.Outcome.DONE
        except Exception as error:
            log.exception("job %s %s failed at try %s", job.name, job.pk, job.attempts)
            run.outcome = JobRun.Outcome.FAILED
            run.detail = f"{type(error).__name__}: {error}"[:2000]
        run.finished_at = timezone.now()
        run.save(update_fields=["outcome", "detail", "finished_at"])
        if run.outcome == JobRun.Outcome.DONE:
            jobs.finish(job, run.detail)
        else:
            jobs.fail(job, run.detail, timezone.now())

    @contextmanager
    def _lease(self, job: Job) -> Iterator[None]:
        """Renew the lease from a second thread while the handler works."""
        over = threading.Event()

        def renew() -> None:
            while not over.wait(RENEW_SECONDS):
                try:
                    if not jobs.renew(job, timezone.now()):
                        log.warning("job %s %s was taken over by another", job.name, job.pk)
                        return
                    self.show()
                except DatabaseError as error:
                    log.warning("the lease of job %s was not renewed: %s", job.pk, error)
                    self._drop_connections()
            connections.close_all()

        thread = threading.Thread(target=renew, name=f"lease-{job.pk}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _drop_connections(self) -> None:
        for connection in connections.all(initialized_only=True):
            try:
                connection.close()
            except DatabaseError:
                connection.connection = None
