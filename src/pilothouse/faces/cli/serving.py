# SPDX-License-Identifier: Apache-2.0
"""Serving pages and running jobs."""

from __future__ import annotations

import argparse
import errno
import gc
import signal
import socket
import sys
import threading
from typing import Any

import uvicorn
from django.conf import settings
from django.urls import resolve
from django.utils import timezone

from pilothouse.engine._compile import run_uncompiled
from pilothouse.engine.schedule import calculate_apart, warm
from pilothouse.faces.cli.allocator import give_memory_back
from pilothouse.faces.cli.background import warm_in_background
from pilothouse.faces.cli.doctor import refuse_to_start
from pilothouse.faces.cli.upkeep import collect_static, migrate
from pilothouse.foundation.core import jobs
from pilothouse.foundation.core.runner import Runner

WARM_AFTER_SECONDS = 5


def run_serve(options: argparse.Namespace) -> int:
    """One process: pages, and unless told otherwise the jobs in a thread."""
    if not is_free(options.host, options.port):
        return 1
    if options.migrate:
        migrate()
        collect_static()
    if refuse_to_start():
        return 1
    return serve(options.host, options.port, with_jobs=not options.no_jobs)


def serve(host: str, port: int, *, with_jobs: bool = True, quiet: bool = False) -> int:
    """Serve until Ctrl-C or SIGTERM; running requests are finished first."""
    if quiet:
        # The server sets up logging anew from the settings when it loads the application.
        logging: dict[str, Any] = settings.LOGGING
        for name in ("pilothouse.requests", "pilothouse.security"):
            logging["loggers"][name] = {"level": "ERROR"}
    give_memory_back()
    runner = Runner()
    if with_jobs:
        runner.show()
        runner.start()
    # Compiled, the engine is faster and this process twice as large (docs/adr/0014); large plans
    # are scheduled compiled in a process of their own (docs/adr/0026).
    run_uncompiled()
    calculate_apart()
    later = threading.Timer(WARM_AFTER_SECONDS, _warm_up)
    later.daemon = True
    later.start()
    proxies = settings.PILOTHOUSE_TRUSTED_PROXIES
    uvicorn.run(
        settings.ASGI_APPLICATION.replace(".application", ":application"),
        host=host,
        port=port,
        log_level="warning",
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        timeout_graceful_shutdown=20,
    )
    runner.stop.set()
    # The process ends now; to search all that it loaded for rubbish first would take seconds.
    gc.freeze()
    return 0


def _warm_up() -> None:
    """Read what is read on demand only while nobody waits for it."""
    resolve("/api/v1/docs")
    warm()


def is_free(host: str, port: int) -> bool:
    """Whether a server may listen there; else says why not and what to do."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        cures = {
            errno.EADDRINUSE: "another program listens there; stop it, or take another port",
            errno.EACCES: "this user may not listen there; take a port of 1024 or more",
            errno.EADDRNOTAVAIL: "this machine has no such address; look at the host",
        }
        why = cures.get(error.errno or 0, f"{error.strerror or error}; look at the host")
        print(f"pilothouse: {host}, port {port}: {why}.", file=sys.stderr)
        return False
    return True


def run_worker(options: argparse.Namespace) -> int:
    """Jobs only: for installations that serve pages with several processes."""
    if options.retry:
        again = jobs.unpark(timezone.now())
        print(f"{again} parked job{'' if again == 1 else 's'} will be tried again.")
    runner = Runner()
    if options.once:
        while runner.step():
            pass
        return 0
    warm_in_background()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: runner.stop.set())
    runner.run()
    return 0
