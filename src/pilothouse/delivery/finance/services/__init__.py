# SPDX-License-Identifier: Apache-2.0
"""What is done with money, a module for each topic; callers import from the topic."""
