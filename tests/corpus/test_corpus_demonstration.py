"""The documents that come with the package."""

from pathlib import Path
from typing import Any

import pytest

from polyclinic import corpus
from polyclinic.errors import UserError
from polyclinic.records import Document, read_records


def run(tmp_path: Path, name: str, **fields: Any) -> list[Document]:
    return list(read_records(corpus.demonstration(out=tmp_path / name, **fields), Document))


def test_each_domain_has_at_least_thirty_free_documents_marked_as_no_advice(tmp_path: Path) -> None:
    for domain in ("notes", "guidelines", "encyclopedia"):
        found = run(tmp_path, domain, domains=domain)
        assert len(found) >= 30
        assert {d.domain for d in found} == {domain}
        assert {d.license for d in found} == {"CC0-1.0"}
        assert all("not medical advice" in d.source for d in found)
        assert len({d.id for d in found}) == len(found)


def test_train_and_held_out_make_the_whole(tmp_path: Path) -> None:
    train, held_out = run(tmp_path, "train", part="train"), run(tmp_path, "held", part="held_out")
    assert {d.id for d in train} | {d.id for d in held_out} == {d.id for d in run(tmp_path, "all")}
    assert not {d.id for d in train} & {d.id for d in held_out}
    assert {d.domain for d in held_out} == {"notes", "guidelines", "encyclopedia"}


def test_an_unknown_domain_and_an_empty_part_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"corpus\.demonstration\.domains"):
        run(tmp_path, "out", domains=["radiology"])
    with pytest.raises(UserError, match="no document is left"):
        run(tmp_path, "out", part="held_out", held_out_share=0)
