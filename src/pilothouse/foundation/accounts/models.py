# SPDX-License-Identifier: Apache-2.0
"""People who sign in, and the tokens that act for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.models import Session
from django.db import models
from django.utils import timezone

from pilothouse.foundation.core.actor import Actor


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a person has a second factor, and from which day they must; None where nobody asks.

    It is that of one day: who is asked follows from the roles of that day.
    """

    day: date
    has_factor: bool
    due: date | None

    @property
    def is_shut(self) -> bool:
        """Nothing is open to this person before a second factor is set up."""
        return not self.has_factor and self.due is not None and self.due <= self.day

    @property
    def is_reminded(self) -> bool:
        """There is time left to set one up."""
        return not self.has_factor and self.due is not None and self.due > self.day


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person. Rights come from role assignments; ``is_system_admin`` gives no business right."""

    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=120)
    job_title = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_system_admin = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    preferences = models.JSONField(default=dict, blank=True)

    objects: ClassVar[UserManager] = UserManager()

    standing: Standing | None = None
    """Read with a session or a token, by the same statement; nowhere else."""

    unread: int = 0
    """Notices that this person has not read; read with a session, by the same statement."""

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        ordering = ["full_name", "id"]

    def __str__(self) -> str:
        return self.full_name

    def actor(self, channel: str = "web") -> Actor:
        """This person as the one who acts."""
        return Actor(self.pk, self.full_name, channel, is_system_admin=self.is_system_admin)


class ApiToken(models.Model):
    """A personal token; only its digest is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    may_write = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()


class UserSessions(models.QuerySet["UserSession"]):
    def over_at(self, now: datetime) -> UserSessions:
        """Ended by idleness or by age, and not yet removed."""
        idle = timedelta(seconds=settings.PILOTHOUSE_SESSION_IDLE_SECONDS)
        age = timedelta(seconds=settings.SESSION_COOKIE_AGE)
        return self.filter(models.Q(seen_at__lt=now - idle) | models.Q(begun_at__lt=now - age))

    def open_at(self, now: datetime) -> UserSessions:
        """Those with which somebody can still ask for a page."""
        return self.exclude(pk__in=self.over_at(now).values("pk")).filter(
            session__expire_date__gt=now
        )


class UserSession(models.Model):
    """Whose session it is. It goes with the session, however that ends."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="listed")
    begun_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    client = models.CharField(max_length=40, blank=True)

    objects: ClassVar[models.Manager[UserSession]] = UserSessions.as_manager()

    class Meta:
        ordering = ["-seen_at", "-id"]

    def __str__(self) -> str:
        return self.client or "unknown browser"


class SignInTries(models.Model):
    """How often somebody tried within a time; ``key`` is a digest and names nobody."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()

    class Meta:
        verbose_name_plural = "sign-in tries"

    def __str__(self) -> str:
        return f"{self.count} since {self.since:%Y-%m-%d %H:%M}"


class SecondFactor(models.Model):
    """Codes by the clock after the password; the key itself is not kept, see ``codes``."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="second_factor")
    seed = models.CharField(max_length=40)
    last_step = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"second factor since {self.created_at:%Y-%m-%d}"


class RecoveryCode(models.Model):
    """One of the codes for a lost device; only its digest is kept, and it goes when it is used."""

    factor = models.ForeignKey(
        SecondFactor, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return "recovery code"


class IdempotentRequest(models.Model):
    """The answer to a creating request that carried a key, kept so that a retry repeats it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True)
    etag = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return f"{self.key} → {self.status}"
