# SPDX-License-Identifier: Apache-2.0
"""The words of the pages for filters, and what follows from what."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

SHOWN_WORDS = {
    "open": gettext_lazy("Open"),
    "unsized": gettext_lazy("Without points"),
    "unplanned": gettext_lazy("Unplanned"),
    "done": gettext_lazy("Done"),
    "dropped": gettext_lazy("Dropped"),
    "all": gettext_lazy("All"),
}
EMPTY_WORDS = {
    "open": gettext_lazy("Nothing is open. Type the next item into the line above."),
    "unsized": gettext_lazy("Every open item has points."),
    "unplanned": gettext_lazy("Every open item is in a sprint or a release."),
    "done": gettext_lazy("Nothing is done yet."),
    "dropped": gettext_lazy("Nothing was dropped."),
    "all": gettext_lazy("The backlog is empty. Type the first item into the line above."),
}
HOW_TO_WRITE = gettext_lazy(
    "One item a line. “bug:”, “task:” or “epic:” before it says what it is, else it is a story; "
    "“(5)” at its end are its points."
)
