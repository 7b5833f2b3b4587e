"""A page is one file that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys

from polyclinic.pages import Section, page, paragraph

ATTACK = "<script>alert(1)</script>"


def made() -> str:
    return page(ATTACK, [Section("one", ATTACK, [paragraph(ATTACK)])], kicker=ATTACK, lead=ATTACK, foot=ATTACK)


def test_every_text_of_the_frame_is_escaped() -> None:
    html = made()
    assert html.count("<script") == 1
    assert ATTACK not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 8


def test_the_policy_names_the_only_style_and_the_only_script_by_their_hashes() -> None:
    html = made()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    assert "default-src &#39;none&#39;" in policy[1]
    assert "unsafe" not in policy[1]
    for tag in ("style", "script"):
        body = re.search(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        assert body is not None
        digest = base64.b64encode(hashlib.sha256(body[1].encode()).digest()).decode()
        assert f"{tag}-src &#39;sha256-{digest}&#39;" in policy[1]


def test_nothing_is_fetched_and_no_style_or_handler_stands_in_an_attribute() -> None:
    html = made()
    assert not re.search(r'(src|href)="(?!#)', html)
    assert "url(" not in html
    assert "@import" not in html
    assert not re.search(r"<[^>]* (style|on\w+)=", html)


def test_the_page_speaks_light_dark_and_print() -> None:
    html = made()
    assert "prefers-color-scheme:dark" in html
    assert "@media print" in html
    assert '<html lang="en">' in html
    assert 'name="viewport"' in html


def test_pages_is_imported_without_what_is_slow() -> None:
    code = (
        "import sys, polyclinic.pages; print([m for m in ('torch', 'pyarrow', 'jinja2', 'rich') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
