# SPDX-License-Identifier: Apache-2.0
"""From plans, ranges and risks to the engine's files, and to the process that simulates them."""
