# SPDX-License-Identifier: Apache-2.0
"""Plans drawn as text, for tests of the engine and of planning."""

from pilothouse.engine.testing.chart import Chart, Days, assert_chart, draw_chart, plan_chart

__all__ = ["Chart", "Days", "assert_chart", "draw_chart", "plan_chart"]
