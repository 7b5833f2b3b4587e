"""Units of work: every document is in one of them, once and in order, whatever their size."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.corpus.document_units import list_units, read_unit
from polyclinic.records import Document, write_records


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    write_records(folder, (Document(id=f"d{n}", text=f"Note {n}.") for n in range(1700)), Document)
    return folder


@settings(max_examples=20, deadline=None)
@given(st.one_of(st.none(), st.integers(1, 2500).filter(lambda most: most > 60)))
def test_units_hold_every_document_once_and_in_order(
    corpus: Path, tmp_path_factory: pytest.TempPathFactory, most: int | None
) -> None:
    units = list_units([corpus, corpus], tmp_path_factory.mktemp("units"), most)
    assert most is None or all(unit.rows <= most for unit in units)
    assert [unit.first for unit in units] == [sum(u.rows for u in units[:n]) for n in range(len(units))]
    read = []
    for unit in units:
        ids = [one for batch in read_unit(unit, ("id",)) for one in batch.column("id").to_pylist()]
        assert len(ids) == unit.rows
        read += ids
    assert read == [f"d{n}" for n in range(1700)] * 2


def test_one_row_group_is_shared_by_several_processes(corpus: Path, tmp_path: Path) -> None:
    assert len(list_units([corpus], tmp_path / "whole")) == 1
    assert [unit.rows for unit in list_units([corpus], tmp_path / "small", 1000)] == [1000, 700]
