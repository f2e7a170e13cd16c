# SPDX-License-Identifier: Apache-2.0
"""Mistakes in the set-up are named before they do harm."""

import sqlite3

import pytest
from django.db import connection

from pilothouse.foundation.core import checks

GOOD_KEY = "k3y-with-many-different-characters-0123456789-abcdefghij"


def ids(found):
    return [message.id for message in found]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (GOOD_KEY, []),
        ("short", ["pilothouse.E001"]),
        ("a" * 60, ["pilothouse.E001"]),
        ("django-insecure-" + GOOD_KEY, ["pilothouse.E001"]),
    ],
)
def test_a_weak_secret_key_is_an_error(settings, key, expected):
    settings.SECRET_KEY = key

    assert ids(checks.check_secret_key(None)) == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ((3, 40, 1), ["pilothouse.E002"]),
        ((3, 51, 2), ["pilothouse.E002"]),
        ((3, 51, 3), []),
        ((3, 53, 4), []),
    ],
)
def test_a_sqlite_with_the_wal_race_is_an_error(monkeypatch, version, expected):
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite")
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)

    assert ids(checks.check_sqlite(None)) == expected


def test_a_database_that_does_not_wait_for_the_disk_is_an_error(db):
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite")
    # The settings of the suite wait for nothing, which the product refuses.
    assert ids(checks.check_durability(None, databases=["default"])) == ["pilothouse.E003"]
    assert ids(checks.check_durability(None, databases=None)) == []


@pytest.mark.parametrize(
    ("hosts", "secure", "proxies", "expected"),
    [
        (["localhost"], False, [], []),
        (["pmo.example.org"], False, [], ["pilothouse.W001"]),
        (["pmo.example.org"], True, [], ["pilothouse.E007"]),
        (["pmo.example.org"], True, ["10.0.0.2"], []),
        (["pmo.example.org"], True, ["*"], ["pilothouse.E005"]),
    ],
)
def test_serving_others_needs_tls_and_a_named_proxy(settings, hosts, secure, proxies, expected):
    settings.ALLOWED_HOSTS = hosts
    settings.SESSION_COOKIE_SECURE = secure
    settings.PILOTHOUSE_TRUSTED_PROXIES = proxies

    assert ids(checks.check_https(None)) == expected


def test_a_wild_card_for_hosts_is_an_error(settings):
    settings.ALLOWED_HOSTS = ["*"]

    assert ids(checks.check_hosts(None)) == ["pilothouse.E004"]


@pytest.mark.parametrize(
    ("token", "expected"), [("", []), ("short", ["pilothouse.E006"]), ("long" * 5, [])]
)
def test_a_short_metrics_token_is_an_error(settings, token, expected):
    settings.PILOTHOUSE_METRICS_TOKEN = token

    assert ids(checks.check_metrics(None)) == expected
