# SPDX-License-Identifier: Apache-2.0
"""For the suite: SQLite by default, PostgreSQL where PILOTHOUSE_TEST_DATABASE names one."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("PILOTHOUSE_SECRET_KEY", "for-tests-only-" + "k" * 50)
if "PILOTHOUSE_DATA" not in os.environ:
    os.environ["PILOTHOUSE_DATA"] = tempfile.mkdtemp(prefix="pilothouse-tests-")
    atexit.register(shutil.rmtree, os.environ["PILOTHOUSE_DATA"], ignore_errors=True)
if os.environ.get("PILOTHOUSE_TEST_DATABASE"):
    os.environ["PILOTHOUSE_DATABASE"] = os.environ["PILOTHOUSE_TEST_DATABASE"]

from pilothouse.config.settings.base import *  # noqa: F403
from pilothouse.config.settings.base import DATABASES

ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PILOTHOUSE_CHECK_REMEMBERED = True
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
if "postgresql" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["OPTIONS"].pop("pool", None)
else:
    # A file, as in use: connections of several threads do not share one cache.
    DATABASES["default"]["TEST"] = {
        "NAME": str(Path(os.environ["PILOTHOUSE_DATA"]) / "test.sqlite3")
    }
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    )
