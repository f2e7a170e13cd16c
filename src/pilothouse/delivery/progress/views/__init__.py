# SPDX-License-Identifier: Apache-2.0
"""Pages of weekly updates: of who reports, of who confirms, and behind the link of a mail."""
