# SPDX-License-Identifier: Apache-2.0
"""Formats of other tools through MPXJ: MPP, PMXML, MPX and what else it reads.

MPXJ is a Java library. It runs in a process of its own that has little memory, little time, no
network and an empty folder, turns the file into Microsoft Project XML, and ends. What it wrote is
read by our own reader, with all its bounds. Which formats: ``docs/reference/plan-files.md``.
"""

from pilothouse.engine.formats.mpxj.converting import Converter, find_converter
from pilothouse.engine.formats.mpxj.reader import read_by_mpxj

__all__ = ["Converter", "find_converter", "read_by_mpxj"]
