# SPDX-License-Identifier: Apache-2.0
"""How templates speak: the Jinja2 environment, its globals and its formats."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.contrib.messages import get_messages
from django.template.backends.jinja2 import Jinja2
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse
from django.utils.html import json_script
from django.utils.translation import get_language, gettext, ngettext
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from pilothouse.faces.web.remembering import Remember
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.numbers import MINUS, exact, number, signed
from pilothouse.foundation.core.pages import in_words

_SIZES = (
    (Decimal("999500000"), Decimal(10**9), "bn"),
    (Decimal("999500"), Decimal(10**6), "M"),
    (Decimal("999.5"), Decimal(10**3), "k"),
)
SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥"}


class Templates(Jinja2):
    """Jinja2 over the ``templates`` folder of every app."""

    app_dirname = "templates"


def environment(**options: Any) -> Environment:
    """The one environment; an unknown name in a template is an error, not an empty place."""
    options |= {
        "undefined": StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "extensions": ["jinja2.ext.i18n", "jinja2.ext.do", Remember],
    }
    env = Environment(**{**options, "autoescape": True})  # noqa: S701 - the rule does not see it
    env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.globals.update(
        _=marked,
        gettext=marked,
        url=address,
        static=lru_cache(static),
        messages_of=get_messages,
        json_script=json_script,
        today=clock.today,
        in_words=in_words,
    )
    env.filters.update(
        day=day,
        moment=moment,
        day_of=clock.day_of,
        money=money,
        money_full=money_full,
        number=number,
        signed=signed,
        exact=exact,
        initials=initials,
    )
    return env


def marked(message: str, /, **variables: object) -> Markup:
    """The message in the language of the reader, its variables escaped.

    A page asks some hundred times; what has no variables is kept, since a catalogue never
    changes while serving.
    """
    if variables:
        return Markup(gettext(message)) % variables  # noqa: S704 - messages are ours
    return _marked(get_language(), message)


@lru_cache(maxsize=10_000, typed=True)
def _marked(language: str | None, message: str) -> Markup:
    return Markup(gettext(message)) % {}  # noqa: S704 - messages are ours


def address(name: str, *args: object, **kwargs: object) -> str:
    """The path of a named page."""
    return _address(get_script_prefix(), name, args, tuple(kwargs.items()))


@lru_cache(maxsize=10_000, typed=True)
def _address(
    prefix: str, name: str, args: tuple[object, ...], kwargs: tuple[tuple[str, object], ...]
) -> str:
    return reverse(name, args=args, kwargs=dict(kwargs))


def day(value: date | datetime | None, empty: str = "–") -> str:
    """14 Mar 2027."""
    return empty if value is None else written(value)


def moment(value: datetime | None, empty: str = "–") -> str:
    """14 Mar 2027 08:00; instants of the database are shown in the zone of the office."""
    if value is None:
        return empty
    local = clock.local(value) if value.tzinfo else value
    return f"{day(local)} {local:%H:%M}"


def money(value: Decimal | None, currency: str = "", empty: str = "–") -> str:
    """Short form for lists: £5.1bn, €640k; three significant digits."""
    if value is None:
        return empty
    size, suffix = abs(value), ""
    for limit, divisor, letters in _SIZES:
        if size >= limit:
            size, suffix = size / divisor, letters
            break
    places = 0 if size >= 99.5 else 1
    text = f"{size:,.{places}f}"
    if places and text.endswith(".0"):
        text = text[:-2]
    sign = MINUS if value < 0 else ""
    symbol = SYMBOLS.get(currency, f"{currency} " if currency else "")
    return f"{sign}{symbol}{text}{suffix}"


def money_full(value: Decimal | None, currency: str = "", empty: str = "–") -> str:
    """All digits: £5,123,400.00."""
    if value is None:
        return empty
    symbol = SYMBOLS.get(currency, f"{currency} " if currency else "")
    return f"{MINUS if value < 0 else ''}{symbol}{abs(value):,.2f}"


def initials(name: str) -> str:
    """First letters of the first and the last word."""
    words = name.split() or ["?"]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()
