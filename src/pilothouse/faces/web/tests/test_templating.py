# SPDX-License-Identifier: Apache-2.0
import pytest
from markupsafe import Markup

from pilothouse.faces.web import remembering
from pilothouse.faces.web.templating import environment, marked
from pilothouse.foundation.core.pages import in_words


def rendered(text, **values):
    return environment().from_string(text).render(**values)


def test_the_variables_of_a_sentence_are_escaped_and_the_sentence_is_not():
    assert marked("a <b> %(name)s", name="<i>") == Markup("a <b> &lt;i&gt;")
    assert rendered("{% trans n=name %}Hello {{ n }}, 100%{% endtrans %}", name="<i>") == (
        "Hello &lt;i&gt;, 100%"
    )
    assert rendered('{{ _("100%% of it") }}') == "100% of it"


def test_what_is_remembered_is_made_once_for_equal_inputs(settings):
    settings.PILOTHOUSE_CHECK_REMEMBERED = False
    made = []
    template = environment().from_string(
        "{% for n in rows %}{% remember n %}<i>{{ n }}{{ note(n) }}</i>{% endremember %}{% endfor %}"
    )

    def note(n):
        made.append(n)
        return "<"

    for _ in range(2):
        assert template.render(rows=[1, 2, 1], note=note) == "<i>1&lt;</i><i>2&lt;</i><i>1&lt;</i>"
    assert made == [1, 2]


def test_the_suite_is_told_when_a_key_lacks_an_input():
    template = environment().from_string("{% remember 'same' %}{{ other }}{% endremember %}")
    template.render(other=1)
    with pytest.raises(remembering.KeyLacksInput, match="template"):
        template.render(other=2)


def test_the_oldest_goes_when_there_is_too_much(settings, monkeypatch):
    settings.PILOTHOUSE_CHECK_REMEMBERED = False
    monkeypatch.setattr(remembering, "KEPT", 5)
    env = environment()
    template = env.from_string(
        "{% for n in rows %}{% remember n %}{{ n }}!{% endremember %}{% endfor %}"
    )
    assert template.render(rows=range(9)) == "0!1!2!3!4!5!6!7!8!"
    store = env.extensions[remembering.Remember.identifier]
    assert sorted(store.texts.values()) == ["7!", "8!"] and store.size == 4


def test_a_value_that_is_only_shown_is_written_for_reading():
    assert in_words("2027-03-04", "date") == "4 Mar 2027"
    assert in_words("86000000.5", attrs={"inputmode": "decimal"}) == "86,000,000.5"
    assert in_words("m", "select", [("m", "Medium")]) == "Medium"
    assert in_words("on", "checkbox") == "yes"
    assert in_words("", "date") == ""
