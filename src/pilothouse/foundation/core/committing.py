# SPDX-License-Identifier: Apache-2.0
"""What is done last in a transaction, right before it is committed.

Django has hooks after a commit and none before it. The connections of ``pilothouse.config`` are
built on ``Committing``. Nothing here knows a model: connections are made before there are any.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.transaction import TransactionManagementError

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper as Wrapper
else:
    Wrapper = object

After = Callable[[], None]
Last = Callable[[Collection[int]], After | None]
"""Is given keys of rows; says what is to be done after the commit, which may fail alone."""


class Committing(Wrapper):
    """A connection that does what it was asked to as the last thing of a transaction."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._last: dict[Last, set[int]] = {}

    def require_transaction(self) -> None:
        """Raise ``TransactionManagementError`` where each statement commits itself."""
        if self.get_autocommit():
            raise TransactionManagementError(
                "This is written in the transaction of the change it tells of; "
                "put both into transaction.atomic()."
            )

    def before_commit(self, work: Last, keys: Collection[int]) -> None:
        """Have ``work`` done once, with all keys named for it, before this transaction commits.

        A savepoint that is rolled back takes its rows with it, but not their keys.
        """
        self.require_transaction()
        self._last.setdefault(work, set()).update(keys)

    def do_last(self) -> list[After]:
        """Do what was asked for; a commit does it by itself."""
        asked, self._last = self._last, {}
        done = [work(keys) for work, keys in asked.items()]
        return [after for after in done if after is not None]

    def connect(self) -> None:
        self._last = {}
        super().connect()

    def close(self) -> None:
        self._last = {}
        super().close()

    def rollback(self) -> None:
        self._last = {}
        super().rollback()

    def _commit(self) -> None:
        if self._last:
            try:
                after = self.do_last()
            except BaseException:
                # Django takes a failed commit back itself only where the database refused it.
                self.rollback()
                raise
            hooks: list[tuple[set[str], After, bool]] = [(set(), work, True) for work in after]
            self.run_on_commit[:0] = hooks  # type: ignore[assignment] # stubs lack the third
        super()._commit()  # type: ignore[misc] # absent in stubs


def committing() -> Committing:
    """The connection to the database of the product."""
    connection = connections[DEFAULT_DB_ALIAS]
    if not isinstance(connection, Committing):
        raise ImproperlyConfigured(
            f"The database engine {connection.settings_dict['ENGINE']} does not seal the audit "
            "trail. Take pilothouse.config.sqlite or pilothouse.config.postgresql."
        )
    return connection
