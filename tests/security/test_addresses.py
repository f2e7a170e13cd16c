# SPDX-License-Identifier: Apache-2.0
"""What is not meant to be served is not there (ASVS 4.1.4, 5.3.2, 13.4)."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db

STRAY = [
    ".git/config",
    ".git/HEAD",
    ".env",
    ".htaccess",
    "secret-key",
    "var/secret-key",
    "pilothouse.sqlite3",
    "pyproject.toml",
    "requirements/run.txt",
    "manage.py",
    "admin/",
    "debug/",
    "__debug__/",
    "server-status",
    "swagger.json",
    "openapi.json",
    "api/docs",
    "files/plan.xml",
    "files/import.csv",
    "media/",
    "backup.zip",
    "static/",
    "static/../pilothouse/config/settings/base.py",
    "static/%2e%2e/%2e%2e/secret-key",
    "static/..%2f..%2fsecret-key",
    "static/web/../../../secret-key",
    "static/web/%00",
    "static//etc/passwd",
    "static/.%2e/.%2e/.%2e/etc/passwd",
    "../../etc/passwd",
    "%2e%2e/%2e%2e/etc/passwd",
]


@pytest.mark.parametrize("path", STRAY)
@pytest.mark.parametrize("who", ["ada", "nobody"])
def test_nothing_stray_is_served(house, path, who):
    answer = house.browser(who).get(f"/{path}")

    assert answer.status_code == 404
    assert b"root:" not in answer.content and b"SECRET" not in answer.content


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "OPTIONS", "FOO"])
@pytest.mark.parametrize("path", ["/", "/account/profile/", "/api/v1/me", "/api/v1/projects"])
def test_only_methods_that_are_declared_are_answered(house, path, method):
    answer = house.browser("ada").generic(method, path)

    assert answer.status_code == 405
    assert method not in answer.get("Allow", "")


def test_metrics_and_health_tell_no_names(house):
    assert house.browser("nobody").get("/metrics").status_code == 404
    body = house.browser("nobody").get("/healthz").json()
    assert set(body) == {"status", "database", "migrations", "jobs"}
