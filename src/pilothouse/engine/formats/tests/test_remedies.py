# SPDX-License-Identifier: Apache-2.0
"""What a refused file is told to do."""

from io import BytesIO

import pytest

from pilothouse.engine.errors import FormatError
from pilothouse.engine.formats.files import read_plan_file
from pilothouse.engine.formats.remedies import with_remedy
from pilothouse.engine.formats.risks import read_risks
from pilothouse.engine.formats.selection_file import read_selection


@pytest.mark.parametrize(
    ("kind", "message", "told"),
    [
        ("dangling_link", "It is not there.", "It is not there. Correct the number, or leave"),
        ("value", "Task 3 ‘A; b. C’: is 7.", "Task 3 ‘A; b. C’: is 7. Correct it and save"),
        ("not_xml", "No XML (a; b).", "No XML (a; b). Save or export the plan once more."),
    ],
)
def test_what_says_only_what_is_wrong_is_told_what_to_do(kind, message, told):
    assert with_remedy(kind, message).startswith(told)


@pytest.mark.parametrize("message", ["It is cut; send it anew.", "It is cut. Send it anew."])
def test_what_says_it_itself_stays_as_it_is(message):
    assert with_remedy("limit", message) == message


HEAD = '<Project xmlns="http://schemas.microsoft.com/project"><StartDate>2025-03-03</StartDate>'


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (f"{HEAD}{'<a>' * 300}{'</a>' * 300}</Project>", "mspdi.limit"),
        (f"{HEAD}<DaysPerMonth>99</DaysPerMonth></Project>", "mspdi.value"),
        (
            f"{HEAD}<Assignments><Assignment><UID>1</UID><TaskUID>7</TaskUID></Assignment>"
            "</Assignments></Project>",
            "mspdi.dangling_assignment",
        ),
        ("ERMHDR\t20\r\n%T\tTASK\r\n%F\t" + "\t".join(map(str, range(9999))), "xer.limit"),
        ('{"format": "pilothouse-plan", "version": 1, "plan": {"name": 1}}', "planjson.kind"),
        ("{", "planjson.not_json"),
    ],
)
def test_every_refusal_of_a_plan_ends_with_what_to_do(document, code):
    with pytest.raises(FormatError) as caught:
        read_plan_file(BytesIO(document.encode()))

    assert caught.value.code == code
    assert caught.value.message.replace(". ", "; ").count("; ") >= 1


@pytest.mark.parametrize("read", [lambda file: read_risks(file, 480), read_selection])
@pytest.mark.parametrize("document", [b"", b"[1, 2", b"[]", b'{"version": 1, "seed": 1}'])
def test_so_does_every_refusal_of_risks_and_candidates(read, document):
    with pytest.raises(FormatError) as caught:
        read(BytesIO(document))

    assert caught.value.message.replace(". ", "; ").count("; ") >= 1
