# SPDX-License-Identifier: Apache-2.0
from django.utils.translation import override

from pilothouse.faces.web.templating import words


def test_words_are_those_of_the_language_in_use():
    with override("de"):
        assert words("January") == "Januar"
    with override("fr"):
        assert words("January") == "janvier"
    with override("en-gb"):
        assert words("January") == "January"
