"""What names an artifact: hashes of content and of settings."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.artifacts import canonical_hash, content_fingerprint

names = st.text(st.characters(categories=("Ll", "Nd")), min_size=1, max_size=8)
folders = st.dictionaries(
    st.lists(names.map(lambda n: f"d-{n}"), max_size=2).flatmap(
        lambda way: names.map(lambda n: "/".join([*way, f"f-{n}"]))
    ),
    st.binary(max_size=40),
    max_size=6,
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.text(), values, max_size=5)


def write(root: Path, files: dict[str, bytes]) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


@given(one=folders, two=folders)
@settings(max_examples=30, deadline=None)
def test_two_folders_have_one_fingerprint_exactly_when_their_files_are_the_same(
    one: dict[str, bytes], two: dict[str, bytes]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        first = content_fingerprint(write(Path(name) / "one", one))
        second = content_fingerprint(write(Path(name) / "two", dict(reversed(two.items()))))
        again = content_fingerprint(write(Path(name) / "elsewhere", dict(reversed(one.items()))))
    assert (first == second) == (one == two)
    assert first == again


def test_times_manifests_and_cards_do_not_count_but_other_files_do(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", {"x": b"1"})
    before = content_fingerprint(folder)
    os.utime(folder / "x", (1, 1))
    write(folder, {"manifest.json": b"{}", "README.md": b"card"})
    assert content_fingerprint(folder) == before
    write(folder, {"below/README.md": b"a document"})
    assert content_fingerprint(folder) != before


def test_a_file_has_the_fingerprint_of_its_content_wherever_it_lies(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": b"text", "b/README.md": b"text", "c.txt": b"other"})
    assert content_fingerprint(tmp_path / "a.txt") == content_fingerprint(tmp_path / "b" / "README.md")
    assert content_fingerprint(tmp_path / "a.txt") != content_fingerprint(tmp_path / "c.txt")


@given(value=objects)
@settings(max_examples=40, deadline=None)
def test_the_order_of_fields_does_not_matter(value: dict[str, Any]) -> None:
    assert canonical_hash(value) == canonical_hash(dict(reversed(value.items())))


@given(value=objects, name=st.text(), change=st.integers())
@settings(max_examples=40, deadline=None)
def test_every_value_matters(value: dict[str, Any], name: str, change: int) -> None:
    changed = {**value, name: [change, value.get(name)]}
    assert canonical_hash(changed) != canonical_hash(value)


def test_types_are_told_apart() -> None:
    assert len({canonical_hash({"x": v}) for v in (1, 1.5, "1", True, None, [1], {"1": 1})}) == 7


def test_numbers_that_json_lacks_are_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_hash({"x": float("nan")})
