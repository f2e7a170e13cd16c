# SPDX-License-Identifier: Apache-2.0
"""An updated file of a plan that is there: which row is which, and what stays as it was."""

from pilothouse.engine.merging.merge import EVERYTHING, Holds, merge, staying
from pilothouse.engine.merging.recognise import Recognised, recognise

__all__ = ["EVERYTHING", "Holds", "Recognised", "merge", "recognise", "staying"]
