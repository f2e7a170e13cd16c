# SPDX-License-Identifier: Apache-2.0
"""From a model of risk to the arrays that a run draws from."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine.calendars.kernels_grid import BEYOND
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import Notice
from pilothouse.engine.simulate.correlation import factor_of, to_normal
from pilothouse.engine.simulate.course import Layout
from pilothouse.engine.simulate.distributions import (
    Constant,
    Distribution,
    Form,
    PertBeta,
    Triangular,
    Uniform,
    beta_tables,
    form_of,
    lognormal_tables,
    normal_tables,
)
from pilothouse.engine.simulate.kernels_draw import (
    CONSTANT,
    DISCRETE,
    SIDES,
    TABLE,
    UNIFORM,
    Draws,
)
from pilothouse.engine.simulate.kernels_pass import MODE, SILENT, STARTED, WAITING
from pilothouse.engine.simulate.kernels_run import Inputs
from pilothouse.engine.simulate.model import (
    CostItem,
    RiskEvent,
    RiskModel,
    Shape,
    SimulationOptions,
    Template,
)

LONGEST_MINUTES = 1 << 26
"""Most minutes that a duration or an impact may have: 380 years of working days."""


@dataclass(slots=True)
class Drawn:
    """One row of ``Draws`` while it is being made."""

    form: Form
    key: str
    common: int = -1
    loading: float = 0.0
    own: float = 1.0


@dataclass(slots=True)
class Change:
    """A correlation matrix that had to be repaired, and the largest change in it."""

    name: str
    largest: float


@dataclass(slots=True)
class Drawing:
    """All inputs of a run, and what the result says of them."""

    draws: Draws
    inputs: Inputs
    tasks: list[int]
    """Rows of the plan that vary."""
    spread: list[bool]
    """Whether the cost item of a row of ``inputs.items`` varies by itself."""
    items: list[CostItem]
    events: list[RiskEvent]
    bases: list[tuple[float, int]]
    """Amount without risk of each cost item, and what it burns with as in column BURNS."""
    least: NDArray[np.int32]
    most: NDArray[np.int32]
    """By node the fewest and the most minutes that it may take."""
    repairs: list[Change] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def read_model(layout: Layout, model: RiskModel, options: SimulationOptions) -> Drawing:
    """Check a model against its plan and lay it out.

    Raises
    ------
    InvalidInput
        Codes ``simulate.*``; the message names the task, event, cost item or group.
    """
    return _Reader(layout, model, options).drawing()


class _Reader:
    def __init__(self, layout: Layout, model: RiskModel, options: SimulationOptions) -> None:
        self.layout, self.model, self.options = layout, model, options
        self.network = layout.network
        self.plan = layout.network.plan
        self.index = self.network.outline.index
        self.rows: list[Drawn] = []
        self.notices: list[Notice] = []
        self.repairs: list[Change] = []
        self.common_keys: list[str] = []
        self.matrices: list[tuple[int, int, int]] = []
        self.factors: list[float] = []
        self.left = np.zeros(len(layout.course.nodes) - 1, np.int32)
        for row, node in layout.node_of.items():
            self.left[node] = min(self.network.remaining[row], BEYOND)
        self.planned = self.left.copy()
        self.most = self.left.astype(np.int64)
        self.least = self.left.astype(np.int64)

    def drawing(self) -> Drawing:
        if self.options.seed < 0:
            raise InvalidInput("simulate.seed", "The seed is negative; give 0 or more.")
        self._check_unique("event", (event.uid for event in self.model.events))
        self._check_unique("cost item", (item.uid for item in self.model.costs))
        forms = self._task_forms()
        task_draws = {node: self._draw(form, f"task:{uid}") for uid, node, form in forms}
        events = [self._event(event) for event in self.model.events]
        strikes = self._strikes(events)
        occurs = [
            self._draw(Form(UNIFORM, 0.0, 1.0, 0.0), f"event:{event.uid}") for event in events
        ]
        price = [self._price(event) for event in events]
        items, fixed, bases = self._items()
        amounts = [self._draw(form, f"cost:{item.uid}") for item, form, _ in items]
        self._correlate(task_draws, {item.uid: row for (item, _, _), row in zip(items, amounts)})
        varying = sorted({*task_draws, *strikes})
        row_of = {node: row for row, node in self.layout.node_of.items()}
        hit = sorted(strikes)
        flat = [strike for node in hit for strike in strikes[node]]
        touched = {node: place for place, node in enumerate(hit)}
        watched = [self._watched(uid) for uid in self.options.milestones]
        tasks = [
            (
                node,
                task_draws.get(node, -1),
                int(self.least[node]),
                self._shift(node),
                touched.get(node, -1),
            )
            for node in varying
        ]
        begins = np.cumsum([0, *(len(strikes[node]) for node in hit)]).tolist()
        inputs = Inputs(
            self.left,
            _table(tasks, 5),
            _table(list(zip(occurs, price, strict=True)), 2),
            np.array([event.probability for event in events], dtype=np.float64),
            _table(list(zip([*hit, -1], begins, strict=True)), 2),
            _table(flat, 3),
            _table([(row, item[2]) for row, item in zip(amounts, items, strict=True)], 2),
            np.array(watched, dtype=np.int32),
            fixed,
            self.layout.origin,
            int(self._has_costs()),
        )
        return Drawing(
            self._draws(),
            inputs,
            [row_of[node] for node in varying],
            [form.kind != CONSTANT for _, form, _ in items],
            [item for item, _, _ in items],
            events,
            bases,
            np.minimum(self.least, self.planned).astype(np.int32),
            np.minimum(self.most, BEYOND).astype(np.int32),
            self.repairs,
            self.notices,
        )

    def _draw(self, form: Form, key: str) -> int:
        self.rows.append(Drawn(form, key))
        return len(self.rows) - 1

    def _check_unique(self, what: str, uids: Iterable[str]) -> None:
        seen: set[str] = set()
        for uid in uids:
            if uid in seen:
                raise InvalidInput(
                    "simulate.twice", f"The {what} ‘{uid}’ is given twice; keep one.", (uid,)
                )
            seen.add(uid)

    # ---- tasks

    def _row(self, uid: int, place: str) -> int:
        row = self.index.get(uid)
        if row is None:
            raise InvalidInput(
                "simulate.unknown_task",
                f"{place} names task {uid}, which is not in the plan; correct the number.",
                (str(uid),),
            )
        if self.network.outline.summary[row]:
            label = self.network.outline.labels[row]
            raise InvalidInput(
                "simulate.summary",
                f"{place} names {label}, which has tasks below it; name those instead.",
                (label,),
            )
        return row

    def _moving(self, row: int, what: str) -> int | None:
        """The node of a task whose duration may vary; else a notice says that it does not."""
        node = self.layout.node_of.get(row)
        course = self.layout.course
        if (
            node is not None
            and not course.nodes[node, SILENT]
            and course.nodes[node, MODE] in (WAITING, STARTED)
        ):
            return node
        label = self.network.outline.labels[row]
        reason = "It is complete, inactive, level of effort or scheduled by hand"
        self.notices.append(Notice(label, what, f"{reason}: its duration does not vary."))
        return None

    def _task_forms(self) -> list[tuple[int, int, Form]]:
        """(uid, node, form) of tasks that vary by themselves; constant ones are only noted."""
        own: dict[int, Form] = {}
        found: list[tuple[int, int, Form]] = []
        for estimate in self.model.estimates:
            row = self._row(estimate.task, "An estimate")
            label = self.network.outline.labels[row]
            if row in own:
                raise InvalidInput(
                    "simulate.twice", f"Task {label} has two estimates; keep one.", (label,)
                )
            form = own[row] = self._minutes(estimate.minutes, f"Task {label}")
            if form.low < 0:
                raise InvalidInput(
                    "simulate.negative",
                    f"The duration of task {label} may be negative; give 0 or more.",
                    (label,),
                )
            node = self._moving(row, "estimate")
            if node is not None:
                self._note(found, estimate.task, node, form)
        if self.model.template is not None:
            self._check_template(self.model.template)
            for row, node in self.layout.node_of.items():
                task = self.plan.tasks[row]
                if row not in own and self.left[node] > 0 and not task.milestone:
                    nodes = self.layout.course.nodes
                    if not nodes[node, SILENT] and nodes[node, MODE] in (WAITING, STARTED):
                        form = _from_template(self.model.template, float(self.left[node]))
                        self._note(found, task.uid, node, form)
        return found

    def _note(self, found: list[tuple[int, int, Form]], uid: int, node: int, form: Form) -> None:
        if form.kind == CONSTANT:
            self.left[node] = math.floor(form.low + 0.5)
        else:
            found.append((uid, node, form))
        self.least[node] = math.floor(form.low + 0.5)
        self.most[node] = math.floor(form.low + 0.5) + math.floor(form.span + 0.5)

    def _check_template(self, template: Template) -> None:
        low, high = template.low_pct, template.high_pct
        if not (-100 <= low <= 0 <= high <= 10_000):
            raise InvalidInput(
                "simulate.template",
                f"The template says {low:g} to {high:g} percent; the first lies between -100 and "
                "0, the second between 0 and 10,000.",
            )

    def _minutes(self, distribution: Distribution, place: str) -> Form:
        form = form_of(distribution, place)
        if max(abs(form.low), abs(form.high)) > LONGEST_MINUTES:
            raise InvalidInput(
                "simulate.too_long",
                f"{place} may take more than {LONGEST_MINUTES:,} minutes; give less.",
                (place,),
            )
        return form

    def _shift(self, node: int) -> int:
        return max(0, int(self.most[node] - self.least[node]).bit_length() - 20)

    # ---- events

    def _event(self, event: RiskEvent) -> RiskEvent:
        """The event as it is drawn: before or after its response."""
        chances = [event.probability]
        if event.response is not None:
            chances.append(event.response.probability)
        for chance in chances:
            if not 0 <= chance <= 1:
                raise InvalidInput(
                    "simulate.probability",
                    f"Event ‘{event.name}’ has the probability {chance}; give one from 0 to 1.",
                    (event.uid,),
                )
        response = event.response
        if response is None or not self.options.responses:
            return event
        return RiskEvent(
            event.uid,
            event.name,
            response.probability,
            response.impacts,
            response.cost,
            event.parallel,
        )

    def _strikes(self, events: list[RiskEvent]) -> dict[int, list[tuple[int, int, int]]]:
        """By node: (event, draw, parallel) of every impact."""
        found: dict[int, list[tuple[int, int, int]]] = {}
        for number, event in enumerate(events):
            place = f"Event ‘{event.name}’"
            seen: set[int] = set()
            for impact in event.impacts:
                row = self._row(impact.task, place)
                if row in seen:
                    label = self.network.outline.labels[row]
                    raise InvalidInput(
                        "simulate.twice",
                        f"{place} strikes task {label} twice; keep one impact.",
                        (event.uid,),
                    )
                seen.add(row)
                form = self._minutes(impact.minutes, place)
                node = self._moving(row, f"event {event.uid}")
                if node is None:
                    continue
                draw = self._draw(form, f"impact:{event.uid}:{impact.task}")
                found.setdefault(node, []).append((number, draw, int(event.parallel)))
                self.most[node] += max(0, math.ceil(form.high))
                self.least[node] = max(0, self.least[node] + min(0, math.floor(form.low)))
        return found

    def _price(self, event: RiskEvent) -> int:
        if event.cost is None:
            return -1
        form = form_of(event.cost, f"Event ‘{event.name}’")
        return self._draw(form, f"price:{event.uid}")

    # ---- costs

    def _items(self) -> tuple[list[tuple[CostItem, Form, int]], float, list[tuple[float, int]]]:
        """(item, form, what it burns with) of what may vary; the fixed rest; bases likewise."""
        found: list[tuple[CostItem, Form, int]] = []
        fixed: list[float] = []
        bases: list[tuple[float, int]] = []
        for item in self.model.costs:
            place = f"Cost item ‘{item.name}’"
            form = form_of(item.amount, place)
            base = form.base
            if item.base is not None:
                base = form_of(Constant(item.base), place).base
            burns, times = self._burns(item, place)
            form = form._replace(low=form.low * times, span=form.span * times)
            bases.append((base * times, burns))
            if burns == -1 and form.kind == CONSTANT:
                fixed.append(form.low)
            else:
                found.append((item, form, burns))
        if self.options.responses:
            for event in self.model.events:
                if event.response is not None:
                    amount = Constant(event.response.response_cost)
                    form_of(amount, f"The response to ‘{event.name}’")
                    fixed.append(amount.value)
        return found, math.fsum(fixed), bases

    def _burns(self, item: CostItem, place: str) -> tuple[int, float]:
        """What the minutes of an item are, and what its amount is multiplied by besides."""
        if not item.per_day:
            return -1, 1.0
        if self.plan.minutes_per_day <= 0:
            raise InvalidInput(
                "simulate.day", "A day of the plan has no working minutes; give it some."
            )
        rate = 1.0 / self.plan.minutes_per_day
        if item.task is None:
            return -2, rate
        row = self._row(item.task, place)
        node = self.layout.node_of.get(row)
        if node is None:
            return -1, rate * self.network.durations[row]
        return node, rate

    def _has_costs(self) -> bool:
        """Also where only a response costs anything, so that before and after compare."""
        responses = [event.response for event in self.model.events if event.response]
        return (
            bool(self.model.costs)
            or any(event.cost is not None for event in self.model.events)
            or any(after.cost is not None or after.response_cost for after in responses)
        )

    # ---- what moves together

    def _correlate(self, tasks: dict[int, int], costs: dict[str, int]) -> None:
        taken: dict[int, str] = {}
        names = [group.name for group in self.model.groups]
        self._check_unique("group", names + [matrix.name for matrix in self.model.matrices])
        for group in self.model.groups:
            if not 0 <= group.rho <= 1:
                raise InvalidInput(
                    "simulate.rho",
                    f"Group ‘{group.name}’ has the correlation {group.rho}; give one from 0 to 1, "
                    "or a matrix for negative ones.",
                    (group.name,),
                )
            normal = to_normal(group.rho)
            common = len(self.common_keys)
            self.common_keys.append(f"group:{group.name}")
            for row in self._members(group.name, group.tasks, group.costs, tasks, costs, taken):
                if row is not None:
                    drawn = self.rows[row]
                    drawn.common, drawn.loading = common, math.sqrt(normal)
                    drawn.own = math.sqrt(1 - normal)
        for matrix in self.model.matrices:
            members = self._members(matrix.name, matrix.tasks, matrix.costs, tasks, costs, taken)
            factor, change = factor_of(matrix.name, matrix.rows, len(members))
            if change > 0:
                self.repairs.append(Change(matrix.name, change))
            first = len(self.common_keys)
            self.matrices.append((first, len(members), len(self.factors)))
            self.factors += factor.ravel().tolist()
            for place, row in enumerate(members):
                self.common_keys.append(f"matrix:{matrix.name}:{place}")
                if row is not None:
                    drawn = self.rows[row]
                    drawn.common, drawn.loading, drawn.own = first + place, 1.0, 0.0

    def _members(
        self,
        name: str,
        uids: tuple[int, ...],
        costs: tuple[str, ...],
        tasks: dict[int, int],
        items: dict[str, int],
        taken: dict[int, str],
    ) -> list[int | None]:
        """Draws of the members, None for those that do not vary."""
        found: list[int | None] = []
        seen: set[int | str] = set()
        known = {item.uid for item in self.model.costs}
        named: list[int | str] = [*uids, *costs]
        for member in named:
            if member in seen:
                raise InvalidInput(
                    "simulate.twice", f"Group ‘{name}’ names {member} twice; keep one.", (name,)
                )
            seen.add(member)
            if isinstance(member, int):
                row = self._row(member, f"Group ‘{name}’")
                node = self.layout.node_of.get(row)
                draw = tasks.get(node) if node is not None else None
            elif member in known:
                draw = items.get(member)
            else:
                raise InvalidInput(
                    "simulate.unknown_cost",
                    f"Group ‘{name}’ names cost item ‘{member}’, which is not there.",
                    (name,),
                )
            if draw is not None and draw in taken:
                raise InvalidInput(
                    "simulate.two_groups",
                    f"{member} is in ‘{taken[draw]}’ and in ‘{name}’; leave it in one of them.",
                    (name,),
                )
            if draw is None or self.rows[draw].form.kind == CONSTANT:
                self.notices.append(Notice(str(member), f"group {name}", "It does not vary."))
                found.append(None)
            else:
                taken[draw] = name
                found.append(draw)
        return found

    # ---- arrays

    def _watched(self, uid: int) -> int:
        row = self._row(uid, "The list of milestones")
        node = self.layout.node_of.get(row)
        if node is None:
            label = self.network.outline.labels[row]
            raise InvalidInput(
                "simulate.milestone",
                f"Task {label} is complete; take it off the list of milestones.",
                (label,),
            )
        return node

    def _draws(self) -> Draws:
        tables, table_of = self._tables()
        steps: list[tuple[float, float, float]] = []
        table, length = [], []
        for number, drawn in enumerate(self.rows):
            if drawn.form.kind == DISCRETE:
                table.append(len(steps))
                steps += drawn.form.steps
            else:
                table.append(table_of.get(number, 0))
            length.append(len(drawn.form.steps))
        forms = [drawn.form for drawn in self.rows]
        to_score, to_tail = normal_tables()
        commons = [drawn.common for drawn in self.rows]
        weights = [(drawn.form.shape, drawn.loading, drawn.own) for drawn in self.rows]
        return Draws(
            _table(list(zip([form.kind for form in forms], table, length, commons)), 4),
            np.array(weights, dtype=np.float32).reshape(-1, 3),
            np.array([(form.low, form.span) for form in forms], dtype=np.float64).reshape(-1, 2),
            _keys(self.options.seed, [drawn.key for drawn in self.rows]),
            _keys(self.options.seed, self.common_keys),
            _table(self.matrices, 3),
            np.array(self.factors, dtype=np.float32),
            tables,
            np.array(steps, dtype=np.float32).reshape(-1, 3),
            to_score,
            to_tail,
        )

    def _tables(self) -> tuple[NDArray[np.float32], dict[int, int]]:
        """Tables of quantiles, one for each shape, and which row of draws has which."""
        shapes: dict[tuple[bool, float], int] = {}
        table_of: dict[int, int] = {}
        for number, drawn in enumerate(self.rows):
            if drawn.form.kind == TABLE:
                shape = (drawn.form.lognormal, drawn.form.shape)
                table_of[number] = shapes.setdefault(shape, len(shapes))
        found = np.zeros((len(shapes), SIDES), np.float32)
        for lognormal, make in ((False, beta_tables), (True, lognormal_tables)):
            chosen = [(shape[1], row) for shape, row in shapes.items() if shape[0] is lognormal]
            if chosen:
                rows = [row for _, row in chosen]
                found[rows] = make(np.array([shape for shape, _ in chosen]))
        return found.ravel(), table_of


def _from_template(template: Template, minutes: float) -> Form:
    low = minutes * (100 + template.low_pct) / 100
    high = minutes * (100 + template.high_pct) / 100
    if template.shape is Shape.UNIFORM:
        return form_of(Uniform(low, high), "The template")
    if template.shape is Shape.PERT:
        return form_of(PertBeta(low, minutes, high), "The template")
    return form_of(Triangular(low, minutes, high), "The template")


def _table(rows: Sequence[tuple[int, ...]], columns: int) -> NDArray[np.int32]:
    return np.array(rows, dtype=np.int32).reshape(-1, columns)


def _keys(seed: int, names: list[str]) -> NDArray[np.uint32]:
    """Streams: the first 64 bits of a hash of the seed and the input's stable name."""
    digests = (hashlib.blake2b(f"{seed}|{name}".encode(), digest_size=8) for name in names)
    joined = b"".join(digest.digest() for digest in digests)
    return np.frombuffer(joined, dtype="<u4").astype(np.uint32).reshape(-1, 2)
