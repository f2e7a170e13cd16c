# SPDX-License-Identifier: Apache-2.0
"""What operators get wrong: each is told in a sentence that says what to do."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from pilothouse.faces.cli import main as cli

SOURCES = Path(cli.__file__).parents[3]


def called(*words, **environment):
    """The command in a process of its own, with settings read afresh."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PILOTHOUSE_")}
    kept |= {"PYTHONPATH": str(SOURCES)} | environment
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(
        [sys.executable, "-m", "pilothouse", *words], env=kept, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    folder = str(tmp_path / "file" / "data")

    code, told = called("check", PILOTHOUSE_DATA=folder)

    assert code == 1
    assert told == (
        f"pilothouse check: The data folder {folder} cannot be used (Not a directory). "
        "Let this user write to it, or name another in PILOTHOUSE_DATA.\n"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PILOTHOUSE_DATABASE", "mysql://root:geheim@host/name"),
        ("PILOTHOUSE_DATABASE", "postgresql://root:geheim@host:port/name"),
        ("PILOTHOUSE_MAIL", "ftp://root:geheim@host"),
        ("PILOTHOUSE_MAIL", "smtp://root:geheim@host:abc"),
    ],
)
def test_an_address_that_is_none_is_refused_without_telling_its_password(tmp_path, name, value):
    code, told = called("check", **{"PILOTHOUSE_DATA": str(tmp_path), name: value})

    assert code == 1
    assert told.startswith(f"pilothouse check: {name} is not understood.")
    assert "geheim" not in told


def test_a_database_that_is_down_is_named_at_once(tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"postgresql://nobody:geheim@127.0.0.1:{closed.getsockname()[1]}/none"
        code, told = called("migrate", PILOTHOUSE_DATA=str(tmp_path), PILOTHOUSE_DATABASE=url)

    assert code == 1
    assert told.count("\n") == 1
    assert "Connection refused" in told
    assert "Is PILOTHOUSE_DATABASE right" in told
    assert "geheim" not in told


def test_a_port_that_is_taken_is_said_before_anything_is_written(db, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        assert cli.main(("serve", "--port", port)) == 1

    assert capsys.readouterr().err == (
        f"pilothouse: 127.0.0.1, port {port}: another program listens there; "
        "stop it, or take another port.\n"
    )


def test_a_database_of_a_newer_version_is_left_alone(db, capsys):
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into django_migrations (app, name, applied) "
            "values ('core', '9999_from_the_future', '2030-01-01')"
        )

    assert cli.main(("migrate",)) == 1
    assert cli.main(("check",)) == 1

    told = capsys.readouterr()
    assert "A newer version has used this database (core.9999_from_the_future" in told.err
    assert "error    migrations: a newer version has used this database" in told.out


def test_a_start_does_not_read_what_is_read_on_demand(tmp_path):
    """The models of the API take longer than all else; they wait until somebody asks."""
    text = (
        "import sys, django; django.setup()\n"
        "from django.core.management import call_command\n"
        "call_command('migrate', verbosity=0)\n"
        "from pilothouse.faces.cli import doctor\n"
        "from django.test import Client\n"
        "list(doctor.findings(before_start=True))\n"
        "page = Client(SERVER_NAME='127.0.0.1').get('/account/sign-in/')\n"
        "before = 'pilothouse.faces.api.api' in sys.modules\n"
        "answer = Client(SERVER_NAME='127.0.0.1').get('/api/v1/openapi.json')\n"
        "print(page.status_code, before, answer.status_code, 'ninja' in sys.modules)\n"
    )
    env = os.environ | {
        "PILOTHOUSE_DATA": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "pilothouse.config.settings.test",
    }
    env.pop("PILOTHOUSE_TEST_DATABASE", None)
    env.pop("PILOTHOUSE_DATABASE", None)
    done = subprocess.run(
        [sys.executable, "-c", text], env=env, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["200", "False", "401", "True"], done.stderr
