# SPDX-License-Identifier: Apache-2.0
"""The ``pilothouse`` command: its words, its exit codes, its sentences."""

import io
import json
import re

import pytest
from django.utils import timezone

from pilothouse import __version__
from pilothouse.faces.cli import background, doctor
from pilothouse.faces.cli import main as cli
from pilothouse.faces.cli.demo import command as demo
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import jobs
from pilothouse.foundation.core.models import Job, JobRun
from pilothouse.foundation.organisation.models import OrgUnit

SENTENCE = "a-long-sentence-of-mine"


def run(*words):
    return cli.main(words)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("sail",),
        ("serve", "--port", "0"),
        ("serve", "--port", "x"),
        ("import", "plan", "a.xml"),
    ],
)
def test_a_wrong_call_exits_with_2_and_says_how(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        run(*words)

    assert stopped.value.code == 2
    assert "usage: pilothouse" in capsys.readouterr().err


def test_help_lists_every_command(capsys):
    with pytest.raises(SystemExit) as stopped:
        run("--help")

    assert stopped.value.code == 0
    text = capsys.readouterr().out
    assert [word for word in cli.MODULES if word not in text] == []


def test_version_and_parts_are_told_without_settings(capsys):
    with pytest.raises(SystemExit) as stopped:
        run("--version")
    assert (stopped.value.code, capsys.readouterr().out) == (0, f"pilothouse {__version__}\n")

    assert run("parts") == 0
    assert re.search(r"^psycopg +3\S+ +LGPL-3.0-only +Speaks", capsys.readouterr().out, re.M)
    assert run("parts", "--json") == 0
    assert json.loads(capsys.readouterr().out)["bomFormat"] == "CycloneDX"


def test_a_fresh_installation_has_no_accounts(db):
    assert User.objects.count() == 0


def test_createadmin_reads_what_is_piped_in(db, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"una@example.org\n{SENTENCE}\n"))

    assert run("createadmin", "--director-of", "Harbour Office", "--currency", "NOK") == 0

    user = User.objects.get()
    assert (user.email, user.is_system_admin) == ("una@example.org", True)
    assert user.check_password(SENTENCE)
    assert RoleAssignment.objects.get().role == "pmo_director"
    office = OrgUnit.objects.get()
    assert (office.name, office.default_currency_id) == ("Harbour Office", "NOK")
    assert office.calendars.get().is_default
    assert SENTENCE not in capsys.readouterr().out


def test_createadmin_reads_the_environment(db, monkeypatch):
    monkeypatch.setenv("PILOTHOUSE_ADMIN_EMAIL", "una@example.org")
    monkeypatch.setenv("PILOTHOUSE_ADMIN_PASSWORD", SENTENCE)

    assert run("createadmin", "--name", "Una Root") == 0

    assert User.objects.get().full_name == "Una Root"
    assert OrgUnit.objects.count() == 0


def test_createadmin_with_a_weak_password_makes_nothing(db, monkeypatch, capsys):
    monkeypatch.setenv("PILOTHOUSE_ADMIN_PASSWORD", "short")

    assert run("createadmin", "--email", "una@example.org", "--director-of", "Harbour") == 1

    assert "too short" in capsys.readouterr().err
    assert (User.objects.count(), OrgUnit.objects.count()) == (0, 0)


def test_createadmin_without_a_password_is_a_wrong_call(db, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("una@example.org\n"))

    assert run("createadmin") == 2
    assert User.objects.count() == 0


def test_the_demo_never_touches_a_database_in_use(cast, capsys, monkeypatch):
    monkeypatch.setattr(demo, "migrate", lambda: None)
    before = User.objects.count()

    assert run("demo", "--reset") == 1

    assert "left alone" in capsys.readouterr().err
    assert (User.objects.count(), OrgUnit.objects.count()) == (before, 2 + 1)


def test_each_part_of_the_demo_is_loaded_once(db, monkeypatch, capsys):
    calls = []
    parts = (("a part", lambda today: calls.append("a") or "Came."),)
    monkeypatch.setattr(demo, "PARTS", parts)

    demo.load()
    demo.load()

    assert calls == ["a"]
    assert JobRun.objects.get().detail == "Came."


def test_a_part_that_fails_is_loaded_at_the_next_call(db, monkeypatch):
    def breaks(today):
        raise RuntimeError("no such file")

    monkeypatch.setattr(demo, "PARTS", (("a part", breaks),))
    with pytest.raises(RuntimeError):
        demo.load()
    monkeypatch.setattr(demo, "PARTS", (("a part", lambda today: "Came."),))

    demo.load()

    assert [run.outcome for run in JobRun.objects.order_by("id")] == ["failed", "done"]


def test_check_names_what_is_wrong_and_exits_with_1(db, settings, tmp_path, capsys):
    settings.PILOTHOUSE_DATA_DIR = tmp_path / "absent"
    settings.STATIC_ROOT = tmp_path

    assert run("check") == 1

    told = capsys.readouterr().out
    assert "error    folder: " in told
    assert "error    static files: they are not collected; run: pilothouse migrate" in told
    assert "warning  jobs: no runner was ever seen" in told


def test_parked_jobs_are_named_and_tried_again_when_told(db, settings, tmp_path, capsys):
    settings.PILOTHOUSE_DATA_DIR = settings.STATIC_ROOT = tmp_path
    job = jobs.enqueue(name="core.tidy", payload={}, run_at=timezone.now())
    Job.objects.filter(pk=job.pk).update(state="parked", attempts=5)

    run("check")
    assert "warning  jobs: core.tidy failed too often and is parked" in capsys.readouterr().out

    assert run("worker", "--once", "--retry") == 0
    assert "1 parked job will be tried again." in capsys.readouterr().out
    assert Job.objects.get(pk=job.pk).state == "done"


def test_serving_is_refused_while_something_dangerous_is_set(db, settings, tmp_path, capsys):
    settings.PILOTHOUSE_DATA_DIR = tmp_path
    settings.SECRET_KEY = "short"

    assert run("serve") == 1

    assert "pilothouse.E001: The secret key is too short" in capsys.readouterr().err


def test_refresh_says_how_many_projects_it_computed(cast, capsys):
    assert run("refresh") == 0

    assert "2 open projects." in capsys.readouterr().out


def test_the_worker_does_what_is_due_and_stops(db):
    assert run("worker", "--once") == 0

    done = set(JobRun.objects.filter(outcome="done").values_list("name", flat=True))
    assert done == {
        "performance.refresh",
        "retention.apply",
        "core.tell_head",
        "core.tidy",
        "dependencies.remind",
        "finance.settle",
        "accounts.tidy",
        "scanning.look",
        "planning.forget_files",
        "progress.ask",
        "notifications.order_due",
        "notifications.tidy",
        "raid.watch",
    }


@pytest.mark.parametrize(
    ("kept", "started", "told"), [(False, 1, "are not all"), (True, 0, "are compiled")]
)
def test_loops_are_compiled_beside_once_and_check_says_so(
    monkeypatch, db, settings, tmp_path, capsys, kept, started, told
):
    settings.PILOTHOUSE_DATA_DIR = settings.STATIC_ROOT = tmp_path
    calls = []
    for module in (background, doctor):
        monkeypatch.setattr(module, "is_kept", lambda: kept)
    monkeypatch.setattr(background.subprocess, "Popen", lambda words, **_: calls.append(words))

    assert run("warm", "--background") == 0
    run("check")

    assert [words[1:] for words in calls] == [["-m", "pilothouse", "warm"]] * started
    assert f"engine: its loops {told}" in capsys.readouterr().out
