# SPDX-License-Identifier: Apache-2.0
"""What people are told, and by which way each of them wants to be told."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

TITLE_LENGTH = 300
LAST_HOUR = 23


class Way(models.TextChoices):
    """How somebody is told of a group of topics; in the product everything is told."""

    AT_ONCE = "at_once", "By mail at once"
    DIGEST = "digest", "In the digest by mail"
    PRODUCT = "product", "Only here"


class Notices(models.QuerySet["Notice"]):
    """Notices by what is wanted of them."""

    def unread(self) -> Notices:
        """Those that nobody has opened."""
        return self.filter(read_at=None)

    def to_mail(self, way: Way) -> Notices:
        """Those that wait for a mail of this way; what was read in the product needs none."""
        return self.filter(way=way, mailed_at=None, read_at=None)


class Notice(models.Model):
    """One thing that one person is told; ``title`` and ``text`` are what held when it was told.

    What is shown and mailed is what the app of its topic makes of it for this person at that
    moment. ``once`` names what is told to a person a single time. ``due`` is the day by which
    something is asked.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices"
    )
    at = models.DateTimeField(default=timezone.now)
    topic = models.CharField(max_length=60)
    title = models.CharField(max_length=TITLE_LENGTH)
    text = models.TextField(blank=True)
    path = models.CharField(max_length=300)
    site = models.CharField(max_length=300, blank=True)
    office_id = models.BigIntegerField(default=0)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.BigIntegerField(default=0)
    due = models.DateField(null=True)
    once = models.CharField(max_length=120, blank=True)
    way = models.CharField(max_length=7, choices=Way.choices)
    mailed_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    objects = Notices.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["person", "at"], name="notice_person"),
            models.Index(fields=["person"], condition=Q(read_at=None), name="notice_unread"),
            models.Index(
                fields=["way", "at"],
                condition=Q(mailed_at=None, read_at=None),
                name="notice_to_mail",
            ),
            models.Index(fields=["at"], name="notice_at"),
            models.Index(fields=["once"], condition=~Q(once=""), name="notice_once_told"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "once"], condition=~Q(once=""), name="notice_once"
            )
        ]

    def __str__(self) -> str:
        return self.title


class Delivery(models.Model):
    """How one person wants mails of notices; without a row everything is mailed at once.

    ``ways`` holds group of topics → way, where it is not at once. Hours are those of the office's
    clock. From ``quiet_from`` to ``quiet_until`` nothing is mailed. ``digested_on`` is the day of
    the last digest.
    """

    class Digest(models.TextChoices):
        NONE = "none", "None"
        DAILY = "daily", "Every day"
        WEEKLY = "weekly", "Once a week"

    class Weekday(models.IntegerChoices):
        MONDAY = 0, "Monday"
        TUESDAY = 1, "Tuesday"
        WEDNESDAY = 2, "Wednesday"
        THURSDAY = 3, "Thursday"
        FRIDAY = 4, "Friday"
        SATURDAY = 5, "Saturday"
        SUNDAY = 6, "Sunday"

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_delivery"
    )
    ways = models.JSONField(default=dict)
    digest = models.CharField(max_length=6, choices=Digest.choices, default=Digest.DAILY)
    hour = models.PositiveSmallIntegerField(default=7, validators=[MaxValueValidator(LAST_HOUR)])
    weekday = models.PositiveSmallIntegerField(choices=Weekday.choices, default=Weekday.MONDAY)
    quiet_from = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(LAST_HOUR)]
    )
    quiet_until = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(LAST_HOUR)]
    )
    digested_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"Notices of {self.person}"


class SignedLink(models.Model):
    """A link of a mail that lets one person in to one page; only a digest is kept."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Link of {self.person} until {self.expires_at:%Y-%m-%d}"

    def is_live_at(self, now: datetime) -> bool:
        """Whether it still opens anything."""
        return self.ended_at is None and self.expires_at > now


class MailLink(SignedLink):
    """A link that lets one person do one thing to one object."""

    act = models.CharField(max_length=60)
    object_id = models.BigIntegerField()

    class Meta(SignedLink.Meta):
        abstract = False
        indexes = [models.Index(fields=["person", "act", "object_id"], name="mail_link_for")]
