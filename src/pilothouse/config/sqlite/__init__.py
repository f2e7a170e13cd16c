# SPDX-License-Identifier: Apache-2.0
"""Django's engine for SQLite, which seals the audit trail at each commit."""
