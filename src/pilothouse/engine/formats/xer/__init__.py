# SPDX-License-Identifier: Apache-2.0
"""Primavera XER: reading what P6 exports, and writing what it imports.

What is read and what is not stands in ``docs/reference/primavera-xer.md``.
"""

from pilothouse.engine.formats.xer.reader import read_xer
from pilothouse.engine.formats.xer.scan import Limits
from pilothouse.engine.formats.xer.writer import write_xer

__all__ = ["Limits", "read_xer", "write_xer"]
