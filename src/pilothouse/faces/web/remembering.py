# SPDX-License-Identifier: Apache-2.0
"""``{% remember key %}…{% endremember %}``: text that is made once for equal inputs.

The key names every input of the text inside, as values that compare by what they hold: not
``true`` in one row and ``1`` in another. The text of a row with the same content is then the
same, for whoever asks and whenever, so nothing has to be thrown away when data changes. What
differs by person, such as a form's token, does not belong inside. In the suite
PILOTHOUSE_CHECK_REMEMBERED has the text made each time and compared.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

KEPT = 6_000_000
"""Characters that a process keeps, keys left out: some thousand rows of a list."""

Key = tuple[str, str | None, Hashable]


class KeyLacksInput(AssertionError):
    """The same key came with another text: something that the text shows is not in the key."""


class Remember(Extension):
    """The tag; one store for each environment."""

    tags = {"remember"}

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.texts: dict[Key, str] = {}
        self.size = 0

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        key = parser.parse_tuple()
        body = parser.parse_statements(("name:endremember",), drop_needle=True)
        place = nodes.Const(f"{parser.name or 'template'}:{line}")
        call = self.call_method("_text", [place, key])
        return nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _text(self, place: str, key: Hashable, caller: Callable[[], str]) -> str:
        whole = (place, get_language(), key)
        known = self.texts.get(whole)
        if known is not None and not settings.PILOTHOUSE_CHECK_REMEMBERED:
            return known
        text = caller()
        if known is not None and known != text:
            raise KeyLacksInput(f"{place}: the same key, another text.\n{known}\n---\n{text}")
        if known is None:
            self._keep(whole, text)
        return text

    def _keep(self, key: Key, text: str) -> None:
        """The oldest go when there is too much; several threads may be at it."""
        self.texts[key] = text
        self.size += len(text)
        while self.size > KEPT:
            oldest = self.texts.pop(next(iter(self.texts), key), "")
            self.size -= len(oldest)
            if not self.texts:
                self.size = 0
