# SPDX-License-Identifier: Apache-2.0
"""The demo: two offices in one installation, kept apart by access."""

from pilothouse.faces.cli.demo.command import run_demo

__all__ = ["run_demo"]
