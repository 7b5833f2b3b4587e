"""Counting one column of a set of records."""

from pathlib import Path

from polyclinic.records import Document, count_values, write_records


def documents() -> list[Document]:
    return [Document(id=str(i), text="x", license=name) for i, name in enumerate(["b", "a", "b", ""])]


def test_values_are_counted_in_the_order_of_first_appearance(tmp_path: Path) -> None:
    write_records(tmp_path / "set", documents(), Document)
    assert list(count_values(tmp_path / "set", Document, "license").items()) == [("b", 2), ("a", 1), ("", 1)]


def test_a_single_file_is_counted_like_a_folder(tmp_path: Path) -> None:
    write_records(tmp_path / "set", documents(), Document)
    file = tmp_path / "set" / "records.parquet"
    assert count_values(file, Document, "license") == count_values(tmp_path / "set", Document, "license")
