# SPDX-License-Identifier: Apache-2.0
"""The form of an estimate, by its method."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from pilothouse.delivery.estimates.models import BASIS_LENGTH, LARGEST, Estimate
from pilothouse.delivery.estimates.services import CONFIDENCES, Asked
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.pages import Field, Options
from pilothouse.foundation.core.parsing import Reader, number_of

Method, Unit = Estimate.Method, Estimate.Unit
_NUMBER = {"inputmode": "decimal", "autocomplete": "off"}
LARGEST_UID = 2_147_483_647
MOST_FACTORS = 10


def units_of(task_uid: int | None) -> list[tuple[str, str]]:
    """In what a task, or a whole project, is estimated."""
    units = (Unit.DAYS, Unit.COST) if task_uid is None else (Unit.DAYS, Unit.HOURS)
    return [(unit.value, _(str(unit.label))) for unit in units]


def choice_fields(tasks: Options | None) -> list[Field]:
    """First what is estimated, and how."""
    task = Field(
        "uid",
        _("What is estimated"),
        "text",
        hint=_("Its ID in the plan; empty: the project."),
    )
    if tasks is not None:
        whole: Options = [("", _("The whole project")), *tasks]
        task = Field("uid", _("What is estimated"), "select", options=whole)
    methods = [(value, _(str(label))) for value, label in Method.choices]
    return [task, Field("method", _("Method"), "select", True, options=methods)]


def input_fields(method: str, task_uid: int | None, project: Project) -> list[Field]:
    """Then what the method asks for."""
    fields = [Field("unit", _("In"), "select", True, options=units_of(task_uid))]
    if method in (Method.THREE_POINT, Method.TRIANGULAR):
        fields += [
            _number("least", _("Least"), _("If all goes well.")),
            _number("likely", _("Likeliest")),
            _number("most", _("Greatest"), _("If much goes wrong.")),
        ]
    elif method == Method.PARAMETRIC:
        hint = _("Such as 1.2, 0.9; at most ten, with commas between them.")
        fields += [
            _number("quantity", _("Quantity"), _("Such as 340 metres.")),
            _number("rate", _("Rate"), _("What one of them takes.")),
            Field("factors", _("Factors"), hint=hint),
            Field(
                "source",
                _("Source of the rate"),
                required=True,
                hint=_("A standard, or a project."),
            ),
        ]
    elif method == Method.ANALOGOUS:
        likes = [("close", _("Close")), ("fair", _("Fair")), ("loose", _("Loose"))]
        fields += [
            Field("reference", _("Reference"), required=True, hint=_("The work that is finished.")),
            _number("actual", _("What it took")),
            _number("reference_size", _("Its size")),
            _number("size", _("Size of this one"), _("In the same measure.")),
            Field(
                "similarity",
                _("Likeness"),
                "select",
                True,
                _("It gives the range: close definitive, fair budget, loose rough."),
                options=likes,
            ),
        ]
    else:
        kinds = [("", _("all of the office"))]
        if project.project_type:
            kinds.append((project.project_type, project.project_type))
        fields += [
            _number("base", _("Estimate without experience")),
            Field(
                "confidence",
                _("To be kept with"),
                "select",
                True,
                options=[(level, f"{level} %") for level in reversed(CONFIDENCES)],
            ),
            Field("kind", _("Finished work of the type"), "select", options=kinds),
        ]
    if method != Method.ANALOGOUS:
        accuracies = [(value, _(str(label))) for value, label in Estimate.Accuracy.choices]
        hint = _("Rough −25/+75 %, budget −10/+25 %, definitive −5/+10 %.")
        fields.append(
            Field("accuracy", _("Class of accuracy"), "select", True, hint, options=accuracies)
        )
    hint = _("What is known, what was assumed, who was asked.")
    return [*fields, Field("basis", _("Basis"), "textarea", True, hint, wide=True)]


def _number(name: str, label: str, hint: str = "") -> Field:
    return Field(name, label, "text", True, hint, attrs=_NUMBER)


def read_asked(reader: Reader, method: str, task_uid: int | None) -> Asked:
    """What was typed into the form of a method."""
    inputs: dict[str, Any] = {}
    names: tuple[str, ...]
    if method in (Method.THREE_POINT, Method.TRIANGULAR):
        names = ("least", "likely", "most")
    elif method == Method.PARAMETRIC:
        names = ("quantity", "rate")
        inputs["factors"] = _factors(reader)
        inputs["source"] = reader.text("source", 300, required=True)
    elif method == Method.ANALOGOUS:
        names = ("actual", "reference_size", "size")
        inputs["reference"] = reader.text("reference", 300, required=True)
        inputs["similarity"] = reader.choice("similarity", ("close", "fair", "loose"))
    else:
        names = ("base",)
        inputs["confidence"] = reader.choice("confidence", CONFIDENCES)
    for name in names:
        inputs[name] = reader.decimal(
            name, low=Decimal(0), high=Decimal(LARGEST), places=4, required=True
        )
    accuracy = Estimate.Accuracy.BUDGET.value
    if method != Method.ANALOGOUS:
        accuracy = reader.choice("accuracy", Estimate.Accuracy.values)
    return Asked(
        task_uid,
        reader.choice("unit", [key for key, _word in units_of(task_uid)]),
        method,
        accuracy,
        inputs,
        reader.text("basis", BASIS_LENGTH, required=True),
        reader.text("kind", 80),
    )


def _factors(reader: Reader) -> list[Decimal]:
    found: list[Decimal] = []
    for part in reader.text("factors", 200).replace(";", ",").split(","):
        if not part.strip():
            continue
        try:
            value = number_of(part)
        except ValueError:
            value = None
        if value is None or not 0 < value <= 100 or len(found) == MOST_FACTORS:
            reader.wrong("factors", f"‘{part.strip()[:20]}’ is no factor; write such as 1.2, 0.9.")
            return []
        found.append(value)
    return found
