# SPDX-License-Identifier: Apache-2.0
"""Keeps the fixed SQLite in place before anything imports the other one."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "src"))

from pilothouse.config import env  # noqa: E402

env.use_fixed_sqlite()
