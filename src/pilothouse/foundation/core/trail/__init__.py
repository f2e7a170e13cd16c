# SPDX-License-Identifier: Apache-2.0
"""The chain over the audit trail; docs/explanation/audit-trail.md says what it shows.

``contents`` what is sealed, ``sealing`` at commit, ``heads`` kept outside the database,
``verifying`` the walk, ``services`` retirement and acceptance.
"""
