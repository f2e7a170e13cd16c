# SPDX-License-Identifier: Apache-2.0
"""A change of a plan as JSON."""

import json

from hypothesis import given
from hypothesis import strategies as st

from pilothouse.engine.editing import difference
from pilothouse.engine.editing.tests.test_delta import plans, steps, taken
from pilothouse.engine.formats.plan_json import decode_delta, encode_delta


@given(st.data())
def test_a_change_comes_back_the_same(data):
    before = data.draw(plans())
    delta = difference(before, taken(before, data.draw(steps(before))))

    written = json.dumps(encode_delta(delta), allow_nan=False)

    assert decode_delta(json.loads(written)) == delta
    assert decode_delta(json.loads(written)).reversed() == delta.reversed()
