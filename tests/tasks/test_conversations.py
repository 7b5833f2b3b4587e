"""Conversations of ShareGPT, LIMA and chat messages, and long JSON lists read element by element."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.tasks.readers import Bad, Row, json_list, read_source
from polyclinic.tasks.source import Source

SOURCE = Source(name="Chats", folder="chats", format="conversations", files={"train": ("*.json*",)})
SHAREGPT = {
    "id": "QWJ_0",
    "conversations": [
        {"from": "system", "value": "Be brief."},
        {"from": "human", "value": "What is anaemia?"},
        {"from": "gpt", "value": "Too little haemoglobin."},
        {"from": "human", "value": "How is it found?"},
        {"from": "gpt", "value": "By a blood count."},
    ],
}


def read(tmp_path: Path, data: Any, name: str = "a.json") -> list[Row | Bad]:
    (tmp_path / "chats").mkdir(exist_ok=True)
    path = tmp_path / "chats" / name
    if isinstance(data, bytes):
        path.write_bytes(data)
    elif name.endswith(".jsonl"):
        path.write_text("".join(json.dumps(row) + "\n" for row in data))
    else:
        path.write_text(json.dumps(data, indent=1))
    found = list(read_source(SOURCE, tmp_path, "train"))
    path.unlink()
    return found


def test_the_three_published_forms_give_the_same_fields(tmp_path: Path) -> None:
    [row] = read(tmp_path, [SHAREGPT])
    assert isinstance(row, Row)
    assert (row.fields["system"], row.fields["input"]) == ("Be brief.", "What is anaemia?")
    assert [e["output"] for e in row.fields["exchanges"]] == ["Too little haemoglobin.", "By a blood count."]
    assert row.place.endswith("a.json:2")
    [lima] = read(tmp_path, [{"conversations": ["What is it?", "This."], "source": "stackexchange"}], "train.jsonl")
    assert isinstance(lima, Row)
    assert (lima.fields["input"], lima.fields["output"], lima.fields["source"]) == (
        "What is it?",
        "This.",
        "stackexchange",
    )
    parts = [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]
    messages = [{"role": "user", "content": parts}, {"role": "assistant", "content": "C"}]
    [chat] = read(tmp_path, [{"messages": messages}], "c.jsonl")
    assert isinstance(chat, Row)
    assert (chat.fields["input"], chat.fields["output"]) == ("A\nB", "C")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ([{"text": "x"}], "expected a list called conversations or conversation or messages or items; found text"),
        ([{"conversations": ["a question alone"]}], "no question with a reply to it"),
        ([{"conversations": [{"from": "narrator", "value": "x"}]}], "turn 1: expected one of human, user"),
        ([{"conversations": [{"from": "human", "value": 7}]}], "turn 1: expected text under value or content"),
        ([["x"]], "expected a conversation: an object, found list"),
        (b'[{"conversations": ["a", "b"]}, {"conversations": ["a", "b"', "broken JSON"),
        (b'[{"conversations": ["a", "b"]}, {"conversations" ["a", "b"]}]', "broken JSON: Expecting ':' delimiter"),
        (b'[{"conversations": ["a", "b"]}, {"conversations": ["\xff", "b"]}]', "not UTF-8 (byte 52)"),
        (b'[{"conversations": ["a", "b"]}', "the list is not closed; the file may be cut off"),
    ],
)
def test_what_is_no_conversation_is_named_with_its_place(tmp_path: Path, data: Any, reason: str) -> None:
    found = read(tmp_path, data)
    assert isinstance(found[-1], Bad)
    assert reason in found[-1].reason
    assert "a.json:" in found[-1].place
    if isinstance(data, bytes) and b"\xff" not in data:
        assert isinstance(found[0], Row)  # what stands before the fault is read


def test_a_gzipped_list_that_is_cut_off_gives_what_can_be_read_and_says_so(tmp_path: Path) -> None:
    rows = [{"conversations": [f"question {n}", f"reply {n} " + "x" * 500]} for n in range(5000)]
    whole = gzip.compress(json.dumps(rows).encode(), mtime=0)
    (tmp_path / "chats").mkdir()
    (tmp_path / "chats" / "a.json.gz").write_bytes(whole[: len(whole) // 2])
    found = list(read_source(SOURCE, tmp_path, "train"))
    assert len(found) > 1000
    assert all(isinstance(row, Row) for row in found[:-1])
    assert isinstance(found[-1], Bad)
    assert "damaged or cut off" in found[-1].reason


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(VALUES, max_size=8), st.integers(1, 40), st.sampled_from([None, 0, 2]), st.booleans())
def test_a_list_read_in_pieces_is_the_list(
    tmp_path_factory: pytest.TempPathFactory, values: list[Any], chunk: int, indent: int | None, ascii_only: bool
) -> None:
    path = tmp_path_factory.mktemp("lists") / "x.json"
    text = json.dumps(values, indent=indent, ensure_ascii=ascii_only)
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    found = list(json_list.read(path, chunk=chunk))
    assert not any(isinstance(entry, Bad) for entry in found)
    assert [entry[1] for entry in found if not isinstance(entry, Bad)] == values
