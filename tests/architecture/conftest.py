# SPDX-License-Identifier: Apache-2.0
"""Lets the tests of this folder share ``sources``, and the walk over all addresses."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "permissions"))
