# SPDX-License-Identifier: Apache-2.0
"""For an office: what `pilothouse serve` uses."""

from pilothouse.config.settings.base import *  # noqa: F403
