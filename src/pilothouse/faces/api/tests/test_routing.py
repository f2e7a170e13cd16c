# SPDX-License-Identifier: Apache-2.0
"""What describes the answers of the API is made once for each kind of answer."""

from __future__ import annotations

from pilothouse.faces.api.api import api
from pilothouse.faces.api.schemas import ProblemOut


def operations():
    return [
        operation
        for _, router in api._routers
        for path in router.path_operations.values()
        for operation in path.operations
    ]


def test_operations_that_answer_alike_share_what_describes_the_answer():
    made = {}
    for operation in operations():
        for model in operation.response_models.values():
            if model is not None:
                made.setdefault(model.model_fields["response"].annotation, set()).add(model)

    assert made[ProblemOut]
    assert {len(models) for models in made.values()} == {1}
