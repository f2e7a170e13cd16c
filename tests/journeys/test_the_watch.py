# SPDX-License-Identifier: Apache-2.0
"""The watch over the journeys sees what it has to see, and the pages forbid what they must."""

from browsing import PHONE, axe_faults, overflow


def test_foreign_content_is_refused_and_the_watch_sees_it(visitor, port):
    window = visitor()
    page = window.sign_in("ada@example.org")

    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "document.title = 'taken'";
            document.body.append(script);
            document.querySelector("h1").setAttribute("style", "color: red");
            const picture = new Image();
            picture.src = "https://elsewhere.example/a.png";
            document.body.append(picture);
            const button = document.createElement("button");
            button.setAttribute("onclick", "document.title = 'taken'");
            document.body.append(button);
            button.click();
        }"""
    )
    page.wait_for_function("() => document.images[document.images.length - 1].complete")

    assert page.title() != "taken"
    told = [text.split()[3].rstrip(":") for text in window.watch.faults if "refused by" in text]
    assert sorted(told) == ["img-src", "script-src-attr", "script-src-elem", "style-src-attr"]
    window.watch.faults.clear()


def test_the_watch_sees_errors_and_missing_files(visitor, port):
    window = visitor()
    page = window.sign_in("ada@example.org")

    with page.expect_response("**/static/nothing.js"):
        page.evaluate("() => { fetch('/static/nothing.js'); setTimeout(() => nothing(), 0); }")
    page.wait_for_function("() => true")

    assert sorted(text.split(":")[0] for text in window.watch.faults) == ["answer", "script"]
    window.watch.faults.clear()


def test_axe_and_the_ruler_see_a_bad_page(axe_windows, port):
    page = axe_windows().page
    page.set_viewport_size(PHONE)
    page.goto("/account/sign-in/")
    assert (axe_faults(page), overflow(page)) == ([], "")

    page.evaluate(
        """() => {
            document.querySelector("label").remove();
            const wide = document.createElement("pre");
            wide.textContent = "x".repeat(400);
            document.querySelector("main").append(wide);
        }"""
    )

    assert {fault.split(":")[0] for fault in axe_faults(page)} >= {"label"}
    assert "pre" in overflow(page)
    page.goto("/account/sign-in/")
