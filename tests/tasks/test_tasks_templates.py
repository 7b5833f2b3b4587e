"""Templates: the short way and Jinja's own give the same text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.errors import UserError
from polyclinic.tasks.templates import _through_jinja as through_jinja
from polyclinic.tasks.templates import compiled, render, template_problem

PIECES = ["{{ a }}", "{{ b }}", "{{ c | join(', ') }}", "{% if c %}yes {{ a }}{% else %}no{% endif %}", "100 % %s"]
PIECES = [*PIECES, "é { ", "line\n"]
LISTS = st.lists(st.text(max_size=3))


@given(st.lists(st.sampled_from(PIECES), max_size=5), st.text(max_size=5), st.integers(), LISTS)
def test_both_ways_give_the_same_text(pieces: list[str], a: str, b: int, c: list[str]) -> None:
    names: dict[str, Any] = {"a": a, "b": b, "c": c}
    template = "".join(pieces)
    assert compiled(template)(names) == through_jinja(template)(names)


@pytest.mark.parametrize(
    "template", ["{{ x }}", "{{ x }} {{ y }}", "{{ x | join(',') }}", "{% if x %}{% endif %}", "{{ x.y }}"]
)
def test_a_name_that_is_not_there_is_said_by_every_way(template: str) -> None:
    with pytest.raises(UserError, match="'x' is undefined"):
        render(template, {"y": 1})


def test_templates_cannot_reach_into_python() -> None:
    with pytest.raises(UserError, match="unsafe"):
        render("{{ x.__class__ }}", {"x": ""})
    assert "it may name a, b" in template_problem("{{ c }}", ("a", "b"))
