# SPDX-License-Identifier: Apache-2.0
"""Values of a task that are made of parts, as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass

from pilothouse.engine.network.plan import TaskStep


def of_parts(name: str, value: object) -> str | None:
    """Steps and own fields in words, what else is a list as its length; None for a plain value."""
    if isinstance(value, tuple):
        if name == "custom":
            return "; ".join(f"{key}: {text}" for key, text in value)
        return _steps(value) if name == "steps" else str(len(value))
    if is_dataclass(value) and not isinstance(value, type):
        parts = ((item.name, getattr(value, item.name)) for item in fields(value))
        return "; ".join(f"{key.replace('_', ' ')}: {one}" for key, one in parts if one is not None)
    return None


def _steps(steps: Sequence[TaskStep]) -> str:
    """``Survey; Dig (3), done``: the weight where it is not one."""
    return "; ".join(
        step.name
        + (f" ({step.weight.normalize():f})" if step.weight != 1 else "")
        + (", done" if step.done else "")
        for step in steps
    )
