"""Whatever text comes in, the page stays the page we wrote."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from polyclinic.pages import bullets, element, facts, folded, joined, paragraph, preformatted, prose

ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><script>",
    "'onload='x",
    "&lt;b&gt;",
]


class Reader(HTMLParser):
    """Collects the tags and the text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_texts_and_attributes_are_escaped() -> None:
    for attack in ATTACKS:
        reader = Reader(element("p", attack, title=attack, data_name=attack))
        assert reader.tags == [("p", {"title": attack, "data-name": attack})]
        assert reader.text == attack


def test_every_building_block_escapes_its_texts() -> None:
    for attack in ATTACKS:
        made = joined(
            [
                paragraph(attack),
                bullets([attack]),
                facts([(attack, attack)]),
                folded(attack, attack),
                preformatted(attack),
                prose(attack),
                attack,
            ],
            attack,
        )
        tags = {tag for tag, _ in Reader(made).tags}
        assert tags <= {"p", "ul", "li", "dl", "div", "dt", "dd", "details", "summary", "pre"}


@given(st.text())
def test_any_text_comes_back_as_it_was_but_for_forbidden_characters(text: str) -> None:
    reader = Reader(element("p", text))
    assert [tag for tag, _ in reader.tags] == ["p"]
    kept = [c for c in text if c.isprintable()]
    assert [c for c in reader.text if c.isprintable() and c != "\ufffd"] == [c for c in kept if c != "\ufffd"]
    reader.text.encode("utf-8")


def test_characters_that_turn_the_text_around_are_shown_as_replaced() -> None:
    assert element("p", "dose \u202e5 mg\x00") == "<p>dose \ufffd5 mg\ufffd</p>"


def test_markup_stands_as_it_is_and_empty_attributes_are_left_out() -> None:
    made = element("td", Markup("<b>x</b>"), "<", class_=None, hidden=False, open=True, x=1.50)
    assert made == '<td open x="1.5"><b>x</b>&lt;</td>'
