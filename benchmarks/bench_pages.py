# SPDX-License-Identifier: Apache-2.0
"""Measure the main pages on a made-up office.

    python benchmarks/bench_pages.py --projects 200 --tasks 50000
    python benchmarks/bench_pages.py --projects 1000 --tasks 250000 --database postgres
    python benchmarks/bench_pages.py --projects 1000 --tasks 52000 --views
    python benchmarks/bench_pages.py --reuse FOLDER_OF_BENCH_EDITING --views

The office is made by ``office.py`` in a folder, or a new PostgreSQL database, that is removed
afterwards; with ``--reuse FOLDER`` both are kept and used again. PostgreSQL is the server of
PILOTHOUSE_TEST_POSTGRES, else the one on 127.0.0.1:5432.

Server time is taken inside one process by Django's test client with the settings of
``pilothouse serve``: the whole way through middleware, view, template and compression,
without the network. ``cpu`` is the time that the process itself worked, in the median: it
tells what a page costs where other programs keep the machine busy. ``quiet`` is the median of
the requests before and after which a fixed loop took at most ``QUIET`` times its least: those
during which the machine was not slowed by others, and ``of`` tells how many they were. Start,
memory and the first visit are taken from a served process.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
POSTGRES = os.environ.get(
    "PILOTHOUSE_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres"
)
WARM_UPS, ROUNDS = 5, 60
QUIET = 1.15
WAIT_SECONDS = 60
PAGES = (
    ("project list", "/", False),
    ("project home", "/projects/{project}/", False),
    ("plan, 100 rows of 2,000", "/plans/{project}/", False),
    ("search", "/search/?q=crane", True),
    ("cockpit", "/cockpit/", False),
)
VIEWS = (
    ("timeline", "/timeline/", False),
    ("roadmap", "/plans/{project}/roadmap/", False),
    ("board", "/plans/{project}/board/", False),
    ("month", "/plans/{project}/month/", False),
    ("network", "/plans/{project}/network/", False),
    ("table, grouped", "/plans/{project}/?group=person", False),
    ("quality", "/plans/{project}/quality/", False),
    ("baselines", "/plans/{project}/baselines/", False),
)
LINK = re.compile(r'(?:<script[^>]+src|<link[^>]+rel="(?:stylesheet|icon)"[^>]+href)="(/[^"]+)"')
NAMED = re.compile(r'url\(["\']?([^"\')]+)')


@contextmanager
def database(kind: str, folder: Path, *, keep: bool) -> Iterator[str]:
    """The value of PILOTHOUSE_DATABASE; a PostgreSQL database is dropped unless kept."""
    if kind == "sqlite":
        yield ""
        return
    name = "pilothouse_bench_" + re.sub(r"\W", "_", folder.name)
    with psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3) as server:
        known = server.execute("select 1 from pg_database where datname = %s", [name]).fetchone()
        if not known:
            server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            yield urlunsplit(urlsplit(POSTGRES)._replace(path=f"/{name}"))
        finally:
            if not keep:
                drop = sql.SQL("drop database {} with (force)")
                server.execute(drop.format(sql.Identifier(name)))


def set_up() -> None:
    """Django with the settings of ``pilothouse serve``."""
    sys.path.insert(0, str(ROOT / "src"))
    os.environ["DJANGO_SETTINGS_MODULE"] = "pilothouse.config.settings.prod"

    import django

    # The lines of the log are made as when serving, and written nowhere.
    with redirect_stderr(open(os.devnull, "w")):
        django.setup()


def make(asked: argparse.Namespace) -> None:
    """Tables, static files and, where there is none yet, the office."""
    subprocess.run([sys.executable, "-m", "pilothouse", "migrate"], check=True)
    set_up()

    from django.db import connection

    from pilothouse.foundation.accounts.models import User

    if User.objects.filter(email="director@bench.example").exists():
        return
    options = [f"--{name}={getattr(asked, name)}" for name in ("projects", "tasks", "people")]
    begun = time.perf_counter()
    subprocess.run([sys.executable, str(ROOT / "benchmarks/office.py"), *options], check=True)
    with connection.cursor() as cursor:
        # What the database's own upkeep does within a minute of so many rows.
        cursor.execute("ANALYZE")
    print(f"made in {time.perf_counter() - begun:.0f} s")


def measure_pages(pages: tuple[tuple[str, str, bool], ...], rounds: int) -> str:
    """Print time, queries and bytes of these pages; give back the cookie of the director."""
    from django.conf import settings
    from django.db import connection
    from django.db.models import Count
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from pilothouse.delivery.planning.models import Task
    from pilothouse.delivery.projects.models import Project
    from pilothouse.foundation.accounts.models import User
    from pilothouse.foundation.accounts.services import begin_session

    client = Client(SERVER_NAME="127.0.0.1", headers={"Accept-Encoding": "gzip"})
    user = User.objects.get(email="director@bench.example")
    client.force_login(user)
    key = client.session.session_key or ""
    begin_session(user=user, key=key, client="benchmark", now=timezone.now())
    sizes = Task.objects.values_list("plan__project_id").annotate(size=Count("pk"))
    project = sizes.order_by("-size", "plan__project_id")[0][0]
    print(
        f"\n{connection.vendor}, {Project.objects.count()} projects, {Task.objects.count()} tasks\n"
        f"{'':24}   median     least       cpu     quiet  of  queries       sent   unpacked"
    )
    asked = [
        (name, pattern.format(project=project), {"HX-Request": "true"} if fragment else {})
        for name, pattern, fragment in pages
    ]
    taken: dict[str, list[Taken]] = {name: [] for name, *_ in asked}
    # Each page in turn, so that what slows the machine for a while slows all of them.
    for number in range(WARM_UPS + rounds):
        before = pace()
        for name, address, headers in asked:
            begun, worked = time.perf_counter(), time.process_time()
            answer = client.get(address, headers=headers)
            cpu, clock = time.process_time() - worked, time.perf_counter() - begun
            if answer.status_code != 200:
                sys.exit(f"{address}: status {answer.status_code}")
            after = pace()
            if number >= WARM_UPS:
                taken[name].append(Taken(1000 * clock, 1000 * cpu, max(before, after)))
            before = after
    usual = QUIET * min(one.pace for each in taken.values() for one in each)
    for name, address, headers in asked:
        with CaptureQueriesContext(connection) as seen:
            answer = client.get(address, headers=headers)
        sent = answer.content
        packed = answer.headers.get("Content-Encoding") == "gzip"
        whole = gzip.decompress(sent) if packed else sent
        clocks, works = [one.clock for one in taken[name]], [one.cpu for one in taken[name]]
        quiet = [one.clock for one in taken[name] if one.pace <= usual]
        typical = f"{statistics.median(quiet):5.1f} ms" if quiet else f"{'-':>8}"
        print(
            f"{name:24} {statistics.median(clocks):5.1f} ms  {min(clocks):5.1f} ms"
            f"  {statistics.median(works):5.1f} ms  {typical} {len(quiet):3}  {len(seen):7}"
            f"  {len(sent) / 1000:6.1f} kB  {len(whole) / 1000:6.1f} kB"
        )
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


class Taken(NamedTuple):
    """One request: milliseconds by the clock and of work, and the slower pace around it."""

    clock: float
    cpu: float
    pace: float


def pace() -> float:
    """Seconds that the machine takes for the same loop, whatever is measured."""
    begun = time.perf_counter()
    total = 0
    for number in range(20_000):
        total += number * number % 7
    return time.perf_counter() - begun


@contextmanager
def serving() -> Iterator[tuple[int, float, int]]:
    """Port, seconds from start to the first answer, and process id of ``pilothouse serve``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "pilothouse", "serve", "--port", str(port)],
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                if fetch(port, "/healthz")[0] == 200:
                    break
            except OSError:
                time.sleep(0.01)
            if time.perf_counter() - begun > WAIT_SECONDS or process.poll() is not None:
                sys.exit("The server does not answer.")
        yield port, time.perf_counter() - begun, process.pid
    finally:
        process.terminate()
        process.wait(30)


def fetch(port: int, address: str, cookie: str = "") -> tuple[int, bytes, bytes]:
    """Status, bytes as they travelled, and the same unpacked."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Accept-Encoding": "gzip"} | ({"Cookie": cookie} if cookie else {})
    connection.request("GET", address, headers=headers)
    answer = connection.getresponse()
    sent = answer.read()
    packed = answer.headers.get("Content-Encoding") == "gzip"
    connection.close()
    return answer.status, sent, gzip.decompress(sent) if packed else sent


def first_visit(port: int, cookie: str) -> tuple[int, int]:
    """Bytes and requests of the list with all that it names, nothing cached.

    Files that a style sheet names, such as fonts, count too, whether a browser asks or not.
    """
    _, sent, page = fetch(port, "/", cookie)
    wanted = list(dict.fromkeys(LINK.findall(page.decode())))
    total, requests = len(sent), 1
    while wanted:
        address = wanted.pop(0)
        status, sent, text = fetch(port, address, cookie)
        if status != 200:
            sys.exit(f"{address}: status {status}")
        total, requests = total + len(sent), requests + 1
        if address.split("?")[0].endswith(".css"):
            folder = address.rsplit("/", 1)[0]
            for name in NAMED.findall(text.decode()):
                if not name.startswith(("data:", "#")):
                    wanted.append(name if name.startswith("/") else f"{folder}/{name}")
    return total, requests


def cpu_seconds(pid: int) -> float:
    """Time that a process has worked, where the system tells it; else 0."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> str:
    """Resident memory of a process, where the system tells it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return "not told here"
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return f"{int(kilobytes) / 1000:.0f} MB"


def measure_process(cookie: str) -> None:
    """Print what one served process needs, after it has answered every kind of request."""
    with serving() as (port, started, pid):
        cpu = cpu_seconds(pid)
        for _ in range(ROUNDS):
            fetch(port, "/", cookie)
        total, requests = first_visit(port, cookie)
        print(f"\nstart to first answer    {started:.2f} s, of them {cpu:.2f} s of work")
        print(f"memory of the process    {memory_mb(pid)}")
        print(f"first visit              {total / 1000:.1f} kB in {requests} requests")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--projects", type=int, default=200)
    parser.add_argument("--tasks", type=int, default=50_000)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--views", action="store_true", help="the views of plans instead")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--reuse", type=Path, help="folder in which the office is kept")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as made:
        folder: Path = asked.reuse or Path(made)
        with database(asked.database, folder, keep=asked.reuse is not None) as address:
            os.environ |= {
                "PYTHONPATH": str(ROOT / "src"),
                "PILOTHOUSE_DATA": str(folder.resolve()),
                "PILOTHOUSE_DATABASE": address,
            }
            os.environ.pop("DJANGO_SETTINGS_MODULE", None)
            try:
                make(asked)
                cookie = measure_pages(VIEWS if asked.views else PAGES, asked.rounds)
            finally:
                close_connections()
            measure_process(cookie)


def close_connections() -> None:
    """Let go of the database, which else cannot be dropped and keeps threads alive."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()


if __name__ == "__main__":
    main()
