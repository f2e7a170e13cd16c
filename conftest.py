# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the whole suite; puts the fixed SQLite in place before Django loads."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT / "src"))
sys.path.insert(0, str(ROOT / "tests"))

from pilothouse.config import env  # noqa: E402

env.use_fixed_sqlite()

SHARED_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(autouse=True)
def utc():
    """The office's clock runs in UTC, and no test pays for asking the database for it."""
    from zoneinfo import ZoneInfo

    from pilothouse.foundation.core import clock

    clock.keep(ZoneInfo("UTC"), 86_400)
    yield
    clock.forget()


@pytest.fixture(autouse=True)
def no_kept_heads():
    """A test that commits begins a trail of its own; its head is none of the next test."""
    from pilothouse.foundation.core.trail import heads

    yield
    heads.forget()


@pytest.fixture(scope="session", autouse=True)
def seals_that_spell_nothing():
    """A form's seal is random text on the page: made of Q and q, which Django shifts to G, w and 6,
    it never spells what a test looks for there and must not find."""
    from django.middleware import csrf
    from django.utils.crypto import get_random_string

    make = csrf._get_new_csrf_string
    csrf._get_new_csrf_string = lambda: get_random_string(csrf.CSRF_SECRET_LENGTH, "Qq")
    yield
    csrf._get_new_csrf_string = make


@pytest.fixture
def cast(db):
    """Two offices with the people of ``tests/cast.py``."""
    from django.core.cache import cache

    from kept_cast import cast_anew_or_kept

    # Tries are counted by the ids of rows, and every test starts with the same ids.
    cache.clear()
    return cast_anew_or_kept()


@pytest.fixture
def shared_data():
    """The data sets beside the project; a test that needs them says so where they are absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the data sets are not at {SHARED_DATA}")
    return SHARED_DATA
