# SPDX-License-Identifier: Apache-2.0
"""Microsoft Project XML (MSPDI): reading what Project 2002 to 2019 write, and writing it.

What is read and what is not stands in ``docs/reference/microsoft-project-xml.md``.
"""

from pilothouse.engine.formats.mspdi.reader import STANDARD, read_mspdi
from pilothouse.engine.formats.mspdi.scan import Limits, check_head
from pilothouse.engine.formats.mspdi.writer import write_mspdi

__all__ = ["STANDARD", "Limits", "check_head", "read_mspdi", "write_mspdi"]
