# SPDX-License-Identifier: Apache-2.0
"""For the suite: SQLite by default, PostgreSQL where PILOTHOUSE_TEST_DATABASE names one."""

import os
import tempfile

os.environ.setdefault("PILOTHOUSE_SECRET_KEY", "for-tests-only-" + "k" * 50)
os.environ.setdefault("PILOTHOUSE_DATA", tempfile.mkdtemp(prefix="pilothouse-tests-"))
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
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
if "postgresql" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["OPTIONS"].pop("pool", None)
