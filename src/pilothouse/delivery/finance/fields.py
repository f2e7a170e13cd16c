# SPDX-License-Identifier: Apache-2.0
"""Money as the database keeps it: whole ten-thousandths, so that every sum is exact.

SQLite keeps a decimal as a binary fraction, whose sums drift; a whole number does not, on either
database. No currency has more than four decimals (ISO 4217).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models

SCALE = 4
_UNIT = Decimal(1).scaleb(-SCALE)
LARGEST = Decimal(10) ** 13
"""Of one row. Ninety rows of the largest amount still fit the column of their sum."""

_Set = TypeVar("_Set", contravariant=True)
_Get = TypeVar("_Get", covariant=True)

if TYPE_CHECKING:

    class _Whole(models.BigIntegerField[_Set, _Get]):
        _pyi_private_set_type: Decimal | int  # type: ignore[assignment]
        _pyi_private_get_type: Decimal  # type: ignore[assignment]
        _validators: list[Any]

else:

    class _Whole(models.BigIntegerField):
        def __class_getitem__(cls, _):
            return cls


def amount_in_range(value: Decimal) -> None:
    """An amount of money of one row."""
    if not value.is_finite() or abs(value) > LARGEST:
        raise ValidationError(f"Out of range; at most {LARGEST:,.0f}.")


class MoneyField(_Whole[_Set, _Get]):
    """A ``Decimal`` in Python, a whole number of ten-thousandths in the database."""

    description = "An amount of money, exact to four decimals"

    def to_python(self, value: Any) -> Any:
        if value is None or isinstance(value, Decimal):
            return value
        try:
            return Decimal(value)
        except (ArithmeticError, TypeError, ValueError) as error:
            raise ValidationError("Not a number.") from error

    def from_db_value(self, value: int | None, *_: object) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-SCALE)

    def get_prep_value(self, value: Any) -> int | None:
        if value is None:
            return None
        amount = Decimal(value)
        whole = amount.scaleb(SCALE)
        if whole != whole.to_integral_value():
            raise ValueError(f"{amount} has more than {SCALE} decimals; round it where it arises.")
        return int(whole)

    @property
    def validators(self) -> list[Any]:
        return [*self._validators, amount_in_range]
