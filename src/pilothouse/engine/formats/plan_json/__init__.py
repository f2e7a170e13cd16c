# SPDX-License-Identifier: Apache-2.0
"""The neutral plan as JSON: a versioned file that loses nothing.

Every field stands in ``docs/reference/plan-json.md``.
"""

from pilothouse.engine.formats.plan_json.delta import decode_delta, encode_delta
from pilothouse.engine.formats.plan_json.kinds import FORMAT, VERSION
from pilothouse.engine.formats.plan_json.reader import Limits, read_plan_json
from pilothouse.engine.formats.plan_json.writer import write_plan_json

__all__ = [
    "FORMAT",
    "VERSION",
    "Limits",
    "decode_delta",
    "encode_delta",
    "read_plan_json",
    "write_plan_json",
]
