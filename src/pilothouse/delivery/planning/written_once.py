# SPDX-License-Identifier: Apache-2.0
"""Bases of rows that are written once: what was promised stays as it was promised (R-BAS-01).

They refuse what the code of the house could do by mistake. Whoever writes SQL of their own passes
them by, as with the audit trail.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import models

from pilothouse.foundation.core.models import Governed

M = TypeVar("M", bound=models.Model)
IMPORTED = "imported"
"""The state of a baseline that a file brought and nobody approved: it goes with the file."""
DECIDED = frozenset(
    (
        "name",
        "number",
        "state",
        "is_pmb",
        "decided_on",
        "decided_by",
        "decided_by_id",
        "decided_label",
        "decision_note",
        "version",
        "updated_at",
        "updated_by",
        "updated_by_id",
    )
)
"""What may change of a baseline: its name, and what follows from a decision."""


class OnceRows(models.QuerySet[M]):
    """Rows that are added and read, and go only with the row that they hang on."""

    def update(self, **kwargs: Any) -> int:
        raise TypeError("A row of a baseline is written once and never changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("A row of a baseline is never deleted by itself.")


class WrittenOnce(models.Model):
    """Base of the rows of a baseline."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A row of a baseline is written once and never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("A row of a baseline is never deleted by itself.")


class Promises(models.QuerySet[M]):
    """Baselines of which only the decision changes; only those of a file are deleted."""

    def update(self, **kwargs: Any) -> int:
        _refuse_others(kwargs)
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        if self.exclude(state=IMPORTED).exists():
            raise TypeError("A baseline that was taken or approved here is never deleted.")
        return super().delete()


class Promised(Governed):
    """Base of a baseline."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            named = kwargs.get("update_fields")
            _refuse_others([field.name for field in self._meta.fields] if named is None else named)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("A baseline goes with what its file brought, never by itself.")


def _refuse_others(names: Iterable[str]) -> None:
    promised = sorted(set(names) - DECIDED)
    if promised:
        raise TypeError(f"What a baseline promised is never changed: {', '.join(promised)}.")
