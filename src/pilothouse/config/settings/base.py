# SPDX-License-Identifier: Apache-2.0
"""Settings that hold everywhere."""

from pilothouse.config import env

env.use_fixed_sqlite()

SECRET_KEY = env.secret_key()
DEBUG = False
ALLOWED_HOSTS = env.allowed_hosts()

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "pilothouse.foundation.core",
    "pilothouse.foundation.accounts",
    "pilothouse.foundation.access",
    "pilothouse.foundation.organisation",
    "pilothouse.foundation.scanning",
    "pilothouse.foundation.notifications",
    "pilothouse.delivery.projects",
    "pilothouse.delivery.planning",
    "pilothouse.delivery.progress",
    "pilothouse.delivery.dependencies",
    "pilothouse.delivery.agile",
    "pilothouse.delivery.estimates",
    "pilothouse.delivery.finance",
    "pilothouse.delivery.raid",
    "pilothouse.delivery.simulations",
    "pilothouse.direction.performance",
    "pilothouse.direction.portfolio",
    "pilothouse.exchange",
    "pilothouse.retention",
    "pilothouse.faces.cli",
    "pilothouse.faces.web",
    "pilothouse.faces.api",
]

MIDDLEWARE = [
    "pilothouse.faces.web.observing.observe",
    "pilothouse.faces.web.middleware.security_headers",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "pilothouse.faces.web.files.WholeFiles",
    "pilothouse.faces.web.compression.Compression",
    "pilothouse.faces.api.middleware.problems",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "pilothouse.faces.web.sessions.limits",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "pilothouse.faces.web.sessions.lead",
    "django.contrib.messages.middleware.MessageMiddleware",
    "pilothouse.faces.web.middleware.errors",
]

ROOT_URLCONF = "pilothouse.config.urls"
ASGI_APPLICATION = "pilothouse.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "pilothouse.faces.web.templating.Templates",
        "APP_DIRS": True,
        "OPTIONS": {
            "environment": "pilothouse.faces.web.templating.environment",
            "context_processors": ["pilothouse.faces.web.context.shell"],
        },
    },
]

DATABASES = {"default": env.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["pilothouse.foundation.accounts.backends.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "pilothouse.foundation.accounts.passwords.LeakedPasswordValidator"},
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "projects:welcome"
PASSWORD_RESET_TIMEOUT = 3600

SESSION_ENGINE = "pilothouse.foundation.accounts.sessions"
SESSION_COOKIE_AGE = 12 * 3600
PILOTHOUSE_SESSION_IDLE_SECONDS = 2 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "pilothouse.faces.web.views.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env.https():
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SESSION_COOKIE_NAME = "__Host-sessionid"
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = ["^healthz$", "^metrics$"]
    # Preloading is a promise for a whole domain, which only its owner can make.
    SILENCED_SYSTEM_CHECKS = ["security.W021"]
else:
    # pilothouse.W001 says the same once, and only where others than this machine are served.
    SILENCED_SYSTEM_CHECKS = [f"security.{name}" for name in ("W004", "W008", "W012", "W016")]

DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
PILOTHOUSE_UPLOAD_MAX_BYTES = 50 * 1024 * 1024
PILOTHOUSE_TRUSTED_PROXIES = env.trusted_proxies()
PILOTHOUSE_METRICS_TOKEN = env.metrics_token()
PILOTHOUSE_SCANNER = env.scanner()
PILOTHOUSE_BREACHED_PASSWORDS = env.breached_passwords()
PILOTHOUSE_DATA_DIR = env.data_dir()
PILOTHOUSE_CHECK_REMEMBERED = False
PILOTHOUSE_SCHEDULE = "pilothouse.config.schedule.SCHEDULE"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
# All text is marked for translation; looking it up begins with the second language.
USE_I18N = False
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = env.data_dir() / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "pilothouse.faces.web.files.ModuleFiles"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False
MEDIA_ROOT = env.data_dir() / "files"

globals().update(env.mail())
DEFAULT_FROM_EMAIL = env.mail_from()

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "pilothouse.foundation.core.logs.JsonLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "pilothouse": {"level": "INFO"},
        # Each refusal is told once, by the request log and the security log.
        "django.request": {"level": "ERROR"},
        "django.security.csrf": {"level": "ERROR"},
        # Whoever wanted a connection says that there is none, and why.
        "psycopg.pool": {"level": "ERROR"},
    },
}
