# SPDX-License-Identifier: Apache-2.0
"""What an investment is worth: present value, rate of return, payback (DOMAIN 3.3)."""

from pilothouse.engine.appraisal.figures import Appraisal, appraise, net_present_value
from pilothouse.engine.appraisal.flows import MOST_PERIODS, CashFlows, Number
from pilothouse.engine.appraisal.returns import RateOfReturn, RateState, rate_of_return

__all__ = [
    "MOST_PERIODS",
    "Appraisal",
    "CashFlows",
    "Number",
    "RateOfReturn",
    "RateState",
    "appraise",
    "net_present_value",
    "rate_of_return",
]
