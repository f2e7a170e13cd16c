# SPDX-License-Identifier: Apache-2.0
"""Serving pages and running jobs."""

from __future__ import annotations

import argparse

import uvicorn
from django.conf import settings

from pilothouse.faces.cli.upkeep import collect_static, migrate


def run_serve(options: argparse.Namespace) -> int:
    """One process: pages, and unless told otherwise the jobs in a thread."""
    if options.migrate:
        migrate()
        collect_static()
    return serve(options.host, options.port)


def serve(host: str, port: int, *, quiet: bool = False) -> int:
    """Serve until Ctrl-C or SIGTERM; running requests are finished first."""
    uvicorn.run(
        settings.ASGI_APPLICATION.replace(".application", ":application"),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=20,
    )
    return 0
