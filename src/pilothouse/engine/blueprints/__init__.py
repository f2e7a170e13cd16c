# SPDX-License-Identifier: Apache-2.0
"""Plans without dates and people, to begin others from."""

from pilothouse.engine.blueprints.template import Template, inserted, instantiate, make_template

__all__ = ["Template", "inserted", "instantiate", "make_template"]
