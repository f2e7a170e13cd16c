# SPDX-License-Identifier: Apache-2.0
"""The words of the pages: filters, methods, and how a value came about."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from pilothouse.delivery.estimates.models import Estimate

Method = Estimate.Method
FILTER_WORDS = {
    "critical": gettext_lazy("Critical path, to do"),
    "estimated": gettext_lazy("Estimated"),
    "missing": gettext_lazy("Not estimated"),
    "finished": gettext_lazy("Finished"),
    "all": gettext_lazy("All"),
}
METHOD_LEADS = {
    Method.THREE_POINT: gettext_lazy("Mean (least + 4 × likeliest + greatest) / 6."),
    Method.TRIANGULAR: gettext_lazy("Mean (least + likeliest + greatest) / 3."),
    Method.PARAMETRIC: gettext_lazy("Quantity × rate × factors."),
    Method.ANALOGOUS: gettext_lazy("What a finished piece of work took, scaled by size."),
    Method.REFERENCE_CLASS: gettext_lazy(
        "The estimate × the ratio that so many finished pieces of work did not exceed; at "
        "least ten of them in the office."
    ),
}
