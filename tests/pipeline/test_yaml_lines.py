"""YAML with lines: every value knows where it stands, and what is broken is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.errors import UserError
from polyclinic.pipeline.yaml_lines import load_yaml


def write(folder: Path, text: str | bytes) -> Path:
    file = folder / "recipe.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def test_every_value_has_its_line(tmp_path: Path) -> None:
    value, lines = load_yaml(
        write(tmp_path, "name: a\n# note\nsteps:\n  one:\n    list: [1,\n      2]\n    two: {x: 3}\n")
    )
    assert value == {"name": "a", "steps": {"one": {"list": [1, 2], "two": {"x": 3}}}}
    one = ("steps", "one")
    expected = {("name",): 1, ("steps",): 3, one: 4, (*one, "list"): 5, (*one, "list", 1): 6, (*one, "two", "x"): 7}
    assert {place: lines[place] for place in expected} == expected


def test_merged_keys_may_be_replaced_by_a_mapping_of_its_own(tmp_path: Path) -> None:
    text = "base: &base {a: 1, b: 2}\none: &one\n  <<: *base\n  b: 3\ntwo: *one\nthree: {<<: *one, c: 4}\n"
    assert load_yaml(write(tmp_path, text))[0] == yaml.safe_load(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: [1\nc: 2\n", r":3: broken YAML: "),
        ("a: 1\n  b: 2\n", r":2: broken YAML: mapping values are not allowed"),
        ("a: 1\n\tb: 2\n", r":2: broken YAML: "),
        ("a: 1\nb: 2\na: 3\n", r":3: 'a' stands twice; keep one"),
        ("x:\n  - {a: 1, a: 1}\n", r":2: 'a' stands twice; keep one"),
        ("a: 1\n2: b\n", r":2: the key 2 is not text; write it in quotes"),
        ("a: 1\nyes: b\n", r":2: the key True is not text; write it in quotes"),
        (
            "a: 1\nb: !!python/object/apply:os.system [ls]\n",
            r":2: the tag .*os.system is not allowed; write it plainly",
        ),
        ("a: !!python/name:os.system x\n", r":1: broken YAML: could not determine a constructor"),
        ("a: 1\nb: 2026-99-99\n", r":2: '2026-99-99': month must be in 1..12.*; write it in quotes"),
        ("a: &x [1, *x]\n", r": broken YAML: a value contains itself"),
        ("a: &x\n  b: *x\n", r": broken YAML: a value contains itself"),
        ("a: *nowhere\n", r":1: broken YAML: found undefined alias"),
        ("a: 1\n---\nb: 2\n", r":2: broken YAML: but found another document"),
        ("a: 1\nb: \x00\n", r":2: broken YAML: character U\+0000 is not allowed"),
        (b"a: caf\xe9\n", r": not UTF-8"),
        ("a: " + "[" * 1000, r": broken YAML: a value contains itself, or is nested too deep"),
    ],
)
def test_broken_yaml_is_named_with_its_line(text: str | bytes, message: str, tmp_path: Path) -> None:
    file = write(tmp_path, text)
    with pytest.raises(UserError, match=message) as caught:
        load_yaml(file)
    assert str(caught.value).startswith(str(file))


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no\.yaml: no such file"):
        load_yaml(tmp_path / "no.yaml")
    with pytest.raises(UserError, match="is a folder; expected a YAML file"):
        load_yaml(tmp_path)


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.dates()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(value=values)
@settings(max_examples=60, deadline=None)
def test_what_is_read_is_what_yaml_reads(value: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = write(tmp_path_factory.getbasetemp(), yaml.safe_dump(value))
    found, lines = load_yaml(file)
    assert found == value
    assert all(1 <= line <= file.read_text().count("\n") + 1 for line in lines.values())
