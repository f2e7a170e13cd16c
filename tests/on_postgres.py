# SPDX-License-Identifier: Apache-2.0
"""Run the database suite on PostgreSQL; arguments are handed to pytest.

The server is the one of PILOTHOUSE_TEST_POSTGRES (``postgresql://user:password@host:port/db``),
else one that answers on 127.0.0.1:5432, else one started here from installed binaries on a
free port and removed afterwards. Where none can be had, it says so and what is left out.
Databases carry names of their own run and are dropped, so nothing that was there is touched.
"""

from __future__ import annotations

import glob
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import psycopg.sql

ROOT = Path(__file__).resolve().parents[1]
USUAL = "postgresql://postgres@127.0.0.1:5432/postgres"


def answers(url: str) -> bool:
    """Whether we may create databases there."""
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            row = connection.execute(
                "select rolcreatedb or rolsuper from pg_roles where rolname = current_user"
            ).fetchone()
            return bool(row and row[0])
    except psycopg.Error:
        return False


def binaries() -> Path | None:
    """The folder of the newest installed server."""
    if found := shutil.which("pg_ctl"):
        return Path(found).resolve().parent
    folders = glob.glob("/usr/lib/postgresql/*/bin/pg_ctl")
    folders.sort(
        key=lambda path: int(Path(path).parts[-3]) if Path(path).parts[-3].isdigit() else 0
    )
    return Path(folders[-1]).parent if folders else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def own_server(folder: Path) -> Iterator[str]:
    """A cluster of this run alone. The server refuses to run as root, so another user starts it."""
    home = Path(tempfile.mkdtemp(prefix="pilothouse-postgres-"))
    user = None
    if os.geteuid() == 0:
        user = "postgres" if "postgres:" in Path("/etc/passwd").read_text() else "nobody"
        shutil.chown(home, user)

    def run(*words: str) -> None:
        subprocess.run(
            words, user=user, cwd=home, check=True, stdout=subprocess.DEVNULL, env={"LC_ALL": "C"}
        )

    port = free_port()
    data = str(home / "data")
    control = str(folder / "pg_ctl")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {home} -c fsync=off"
    try:
        run(str(folder / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8")
        run(control, "-D", data, "-o", options, "-l", str(home / "log"), "-w", "start")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            run(control, "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def server() -> Iterator[str | None]:
    """The first server that can be had, or None."""
    named = os.environ.get("PILOTHOUSE_TEST_POSTGRES")
    if named:
        if not answers(named):
            sys.exit("on_postgres: PILOTHOUSE_TEST_POSTGRES names a server that does not answer")
        yield named
    elif answers(USUAL):
        yield USUAL
    elif folder := binaries():
        with own_server(folder) as url:
            yield url
    else:
        yield None


def suite(url: str, words: list[str]) -> int:
    """Run pytest against a database of this run; Django puts ``test_`` before its name."""
    name = f"pilothouse_{os.getpid()}_{os.urandom(4).hex()}"
    target = urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    command = [sys.executable, "-m", "pytest", "-m", "not browser", "--create-db"]
    command += ["--ignore=src/pilothouse/engine", "--ignore=tests/architecture", *words]
    try:
        return subprocess.run(
            command, cwd=ROOT, env={**os.environ, "PILOTHOUSE_TEST_DATABASE": target}
        ).returncode
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            found = connection.execute(
                "select datname from pg_database where datname like %s", [f"test_{name}%"]
            ).fetchall()
            for (database,) in found:
                connection.execute(
                    psycopg.sql.SQL("drop database if exists {} with (force)").format(
                        psycopg.sql.Identifier(database)
                    )
                )


def main(words: list[str]) -> int:
    with server() as url:
        if url is None:
            print(
                "*** There is no PostgreSQL here (no server on 127.0.0.1:5432, none installed): "
                "the database suite ran on SQLite only. ***",
                file=sys.stderr,
            )
            return 0
        return suite(url, words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
