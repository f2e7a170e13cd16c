# SPDX-License-Identifier: Apache-2.0
"""Headers and cookies of every answer (ASVS 3.2.1, 3.3, 3.4, 3.7.2, 4.1.1, 14.3.2)."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import walking
from django.test import Client

from cast import PASSWORD

_, TABLE = walking.read_table()
GETS = [line for line in TABLE if line.method == "GET"]
pytestmark = pytest.mark.django_db

CSP = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
}


def require_headers(answer, what: str) -> None:
    """What every answer carries, whatever it is."""
    policy = dict(
        part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";")
    )
    assert policy == CSP, what
    assert answer["X-Content-Type-Options"] == "nosniff", what
    assert answer["X-Frame-Options"] == "DENY", what
    # The address of a mailed link is a secret of its own: no site is told of it.
    by_link = what.split()[-1].startswith(("/week/", "/do/", "/plans/feed/"))
    assert answer["Referrer-Policy"] == ("no-referrer" if by_link else "same-origin"), what
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin", what
    assert answer["Permissions-Policy"] == "camera=(), geolocation=(), microphone=()", what
    assert "no-store" in answer["Cache-Control"], what
    assert "Access-Control-Allow-Origin" not in answer, what
    assert "Server" not in answer and "X-Powered-By" not in answer, what
    if answer.streaming or answer.content:
        kind = answer["Content-Type"]
        assert kind.startswith(("text/", "application/")), what
        told = kind.startswith("text/") and kind != "text/event-stream"
        assert not told or "charset=utf-8" in kind, what


@pytest.mark.parametrize("line", GETS, ids=str)
def test_every_answer_carries_them(house, line):
    url = walking.url_of(line, house.own)
    for name in ("ada", "otto", "nobody"):
        with walking.taken_back():
            require_headers(house.browser(name).get(url), f"{name} {url}")


@pytest.mark.parametrize(
    "ask",
    [
        lambda door: door.get("/nowhere/"),
        lambda door: door.get("/theme/"),
        lambda door: door.put("/"),
        lambda door: door.get("/", headers={"host": "elsewhere.example"}),
        lambda door: door.get("/?as_of=never"),
        lambda door: door.get("/api/v1/nothing"),
        lambda door: door.get("/api/v1/projects?sort=x"),
    ],
)
def test_refusals_carry_them_too(house, ask):
    answer = ask(house.browser("ada"))

    assert answer.status_code >= 400
    require_headers(answer, str(answer.status_code))


@pytest.mark.parametrize(
    "path",
    [
        "/export/?format=csv",
        "/export/?format=xlsx",
        "/imports/template/{office_id}/xlsx/",
        "/imports/{job_id}/problems/",
        "/plans/{project_id}/download/",
        "/api/v1/projects/export",
        "/api/v1/projects/{project_id}/plan/file",
        "/api/v1/imports/template?office_id={office_id}",
        "/api/v1/imports/{job_id}/problems",
    ],
)
def test_files_are_kept_and_never_shown_as_a_page(house, path):
    answer = house.browser("ada").get(path.format(**house.own))

    assert answer.status_code == 200
    assert "html" not in answer["Content-Type"]
    kept, name = answer["Content-Disposition"].split("; filename=")
    assert kept == "attachment"
    assert set(name.strip('"')) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"
    )


def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(house):
    client = Client()
    with walking.taken_back():
        client.get("/account/sign-in/")
        client.post("/account/sign-in/", {"username": "piet@example.org", "password": PASSWORD})

    assert set(client.cookies) == {"csrftoken", "sessionid", "ph_device"}
    for name in ("sessionid", "ph_device"):
        assert client.cookies[name]["httponly"] is True
    assert {cookie["samesite"] for cookie in client.cookies.values()} == {"Lax"}
    assert {cookie["domain"] for cookie in client.cookies.values()} == {""}


OVER_TLS = """
import json, django
django.setup()
from django.core.management import call_command
from django.test import Client
call_command("check", deploy=True, fail_level="WARNING", tags=["security"])
safe = Client().get("/account/sign-in/", secure=True, headers={"host": "pmo.example"})
plain = Client().get("/account/sign-in/", headers={"host": "pmo.example"})
cookie = next(iter(safe.cookies.values()))
from django.conf import settings
print(json.dumps({
    "hsts": safe["Strict-Transport-Security"],
    "plain": [plain.status_code, plain["Location"]],
    "cookie": [cookie.key, bool(cookie["secure"]), cookie["path"], cookie["domain"]],
    "session": [settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE],
}))
"""


def test_over_tls_cookies_are_secure_and_the_browser_is_told_to_stay(tmp_path):
    """Settings of TLS are read at the start, hence in a process of its own."""
    told = subprocess.run(
        [sys.executable, "-c", OVER_TLS],
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PILOTHOUSE_HTTPS": "1",
            "PILOTHOUSE_HOSTS": "pmo.example",
            "PILOTHOUSE_TRUSTED_PROXIES": "127.0.0.1",
            "PILOTHOUSE_DATA": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "tls",
            "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path]),
        },
        cwd=_settings(tmp_path),
    )

    assert told.returncode == 0, told.stderr[-2000:]
    found = json.loads(told.stdout.splitlines()[-1])
    assert found == {
        "hsts": "max-age=31536000; includeSubDomains",
        "plain": [301, "https://pmo.example/account/sign-in/"],
        "cookie": ["__Host-csrftoken", True, "/", ""],
        "session": ["__Host-sessionid", True],
    }


def _settings(folder):
    """The settings of an office, but for files that only a release collects."""
    (folder / "tls.py").write_text(
        "from pilothouse.config.settings.base import *\n"
        'STORAGES["staticfiles"]["BACKEND"] = '
        '"django.contrib.staticfiles.storage.StaticFilesStorage"\n'
    )
    return folder
