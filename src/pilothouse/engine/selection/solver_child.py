# SPDX-License-Identifier: Apache-2.0
"""The solver's own process: reads programs, solves them with HiGHS, writes answers.

OR-Tools is loaded here and nowhere else. HiGHS runs behind MathOpt, which hands it a first
solution and passes on its log, where bound and value stand while it runs.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from datetime import timedelta
from typing import IO, Any

import numpy as np

from pilothouse.engine._messages import Message, receive, send
from pilothouse.engine.selection.program import Program

LOG_EVERY_SECONDS = 0.5
_PROGRESS = re.compile(
    r"^\s*[A-Za-z]?\s+\d+\s+\d+\s+\d+\s+[\d.]+%\s+(?P<bound>\S+)\s+(?P<value>\S+)\s"
)


def main() -> None:
    """Answer programs until the other side closes the pipe."""
    # Native code prints to standard output; messages keep it for themselves.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    solver = _Solver(out)
    send(out, Message({"kind": "ready"}))
    while (message := receive(sys.stdin.buffer)) is not None:
        solver.answer(message)


class _Solver:
    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._mathopt = importlib.import_module("ortools.math_opt.python.mathopt")
        self._models = importlib.import_module("ortools.math_opt.model_pb2")
        self._options = importlib.import_module("ortools.math_opt.solvers.highs_pb2")

    def answer(self, message: Message) -> None:
        words, arrays = message.words, message.arrays
        hint = arrays.pop("hint", None)
        program = Program(**arrays, maximise=words["maximise"])
        model = self._model(program)
        columns = list(model.variables())
        given = self._mathopt.ModelSolveParameters()
        if hint is not None:
            solution = self._mathopt.SolutionHint(variable_values=dict(zip(columns, hint.tolist())))
            given.solution_hints = [solution]
        result = self._mathopt.solve(
            model,
            self._mathopt.SolverType.HIGHS,
            params=self._parameters(words),
            model_params=given,
            msg_cb=self._report,
        )
        send(self._out, self._told(result, columns))

    def _parameters(self, words: dict[str, Any]) -> Any:
        limit = timedelta(seconds=max(words["seconds"], 0.01))
        parameters = self._mathopt.SolveParameters(
            time_limit=limit,
            relative_gap_tolerance=words["relative_gap"],
            absolute_gap_tolerance=words["absolute_gap"],
        )
        parameters.highs = self._options.HighsOptionsProto()
        parameters.highs.double_options["mip_min_logging_interval"] = LOG_EVERY_SECONDS
        return parameters

    def _model(self, program: Program) -> Any:
        """The program as MathOpt's message, filled by whole arrays."""
        model = self._models.ModelProto()
        count, rows = len(program.objective), len(program.row_upper)
        variables = model.variables
        variables.ids.extend(range(count))
        variables.lower_bounds.extend(program.lower)
        variables.upper_bounds.extend(program.upper)
        variables.integers.extend(bool(whole) for whole in program.whole)
        model.objective.maximize = program.maximise
        told = program.objective.nonzero()[0]
        model.objective.linear_coefficients.ids.extend(told)
        model.objective.linear_coefficients.values.extend(program.objective[told])
        limits = model.linear_constraints
        limits.ids.extend(range(rows))
        limits.lower_bounds.extend(program.row_lower)
        limits.upper_bounds.extend(program.row_upper)
        matrix = model.linear_constraint_matrix
        for row in range(rows):
            first, last = int(program.row_first[row]), int(program.row_first[row + 1])
            matrix.row_ids.extend([row] * (last - first))
        matrix.column_ids.extend(program.row_column)
        matrix.coefficients.extend(program.row_coefficient)
        return self._mathopt.Model.from_model_proto(model)

    def _report(self, lines: list[str]) -> None:
        for line in lines:
            found = _PROGRESS.match(line)
            if found:
                try:
                    bound, value = float(found["bound"]), float(found["value"])
                except ValueError:
                    continue
                send(self._out, Message({"kind": "progress", "bound": bound, "value": value}))

    def _told(self, result: Any, columns: list[Any]) -> Message:
        reasons = self._mathopt.TerminationReason
        status = {
            reasons.OPTIMAL: "optimal",
            reasons.FEASIBLE: "feasible",
            reasons.INFEASIBLE: "infeasible",
            reasons.INFEASIBLE_OR_UNBOUNDED: "infeasible",
        }.get(result.termination.reason, "limit")
        words: dict[str, Any] = {"kind": "answer", "status": status, "value": None}
        words["bound"] = float(result.termination.objective_bounds.dual_bound)
        arrays = {}
        if result.has_primal_feasible_solution():
            words["value"] = float(result.objective_value())
            arrays["values"] = np.array(result.variable_values(columns), dtype=float)
        return Message(words, arrays)


if __name__ == "__main__":
    main()
