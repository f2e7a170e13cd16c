# SPDX-License-Identifier: Apache-2.0
"""Django's engine for PostgreSQL, with a faster way to read instants and the audit trail
sealed at each commit."""
