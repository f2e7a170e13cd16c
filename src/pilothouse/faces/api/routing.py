# SPDX-License-Identifier: Apache-2.0
"""Routes of the API whose descriptions of answers are made once for each kind of answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from ninja import Router as NinjaRouter
from ninja import Schema
from ninja.constants import NOT_SET


class Router(NinjaRouter):
    """A router whose operations share the models of what they answer.

    Ninja makes one for each status of each operation. Nearly all of these three thousand describe
    the same refusal, and they took half of the memory of the API.
    """

    def add_api_operation(
        self,
        path: str,
        methods: list[str],
        view_func: Callable[..., Any],
        *,
        response: Any = NOT_SET,
        **named: Any,
    ) -> None:
        """Take an operation; its answers are described by models that others have, too."""
        answers = _by_status(response)
        bare = dict.fromkeys(answers)
        super().add_api_operation(path, methods, view_func, response=bare, **named)
        operation = self.path_operations[path].operations[-1]
        operation.response_models = {status: _model(kind) for status, kind in answers.items()}


def _by_status(response: Any) -> dict[int, Any]:
    """Status → kind of answer, where one kind may stand for several of them."""
    if not isinstance(response, dict):
        return {200: response}
    return {
        status: kind
        for statuses, kind in response.items()
        for status in (statuses if isinstance(statuses, Iterable) else (statuses,))
    }


@cache
def _model(kind: Any) -> Any:
    """What describes an answer of a kind; nothing, where it has no body."""
    if kind is None or kind is NOT_SET:
        return kind
    return type("NinjaResponseSchema", (Schema,), {"__annotations__": {"response": kind}})
