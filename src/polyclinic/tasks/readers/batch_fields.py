"""What the normalisers and a source's `columns`, `where` and `not_empty` do to rows, done to whole columns.

Where a column is not as it usually is, Unusual is raised, and the rows are read one by one instead.
"""

from __future__ import annotations

import string
from typing import Any

from polyclinic.tasks.readers.row_batches import Batch
from polyclinic.tasks.readers.sentence_pairs import USUAL
from polyclinic.tasks.source import FIELDS, Source

# Characters of ASCII that may stand at the edge of a text without anything to strip.
_SOLID = bytes(range(0x21, 0x7F))


class Unusual(Exception):
    """Something in a batch that is rare enough to be left to the readers of rows."""


def batch_fields(batch: Batch, source: Source) -> tuple[dict[str, Any], Any]:
    """Return the columns that templates may name, and the numbers of the rows that belong to the task.

    Raises Unusual.
    """
    import pyarrow.compute as pc

    if batch.columns is None:
        raise Unusual
    fields = dict(batch.columns)
    if any(name in fields for name in source.columns if name in source.where):
        raise Unusual  # rows would be asked twice, before and after the name is given
    for name, column in source.columns.items():
        if isinstance(column, str):
            if column in fields:
                if fields[column].null_count and name in fields:
                    raise Unusual
                fields[name] = fields[column]
        else:
            fields[name] = _beside_each_other([fields[part] for part in column if part in fields])
    kept = None
    for name, values in source.where.items():
        if name not in fields:
            raise Unusual
        mask = pc.is_in(pc.fill_null(as_text(fields[name]), ""), value_set=_texts(values))
        kept = mask if kept is None else pc.and_(kept, mask)
    made_here = FIELDS.get(source.format, ())
    for name in source.not_empty:
        if name not in fields or name in made_here:
            raise Unusual
        mask = _is_there(fields[name])
        kept = mask if kept is None else pc.and_(kept, mask)
    numbers = batch.numbers
    if kept is not None and not pc.all(kept).as_py():
        fields = {name: column.filter(kept) for name, column in fields.items()}
        numbers = numbers.filter(kept)
    if source.format == "multiple_choice":
        _choices(fields, source)
    elif source.format == "sentence_pairs":
        for name, usual in USUAL.items():
            if name not in fields and usual in fields:
                fields[name] = fields[usual]
            if name not in fields or fields[name].null_count or not _is_text(fields[name]):
                raise Unusual
    return fields, numbers


def as_text(column: Any) -> Any:
    """Return a column of text or whole numbers as text; raises Unusual for others."""
    import pyarrow as pa

    if pa.types.is_string(column.type):
        return column
    if pa.types.is_integer(column.type):
        return column.cast(pa.string())
    raise Unusual


def stripped(texts: Any) -> Any:
    """Return texts as Python's str.strip leaves them, which knows more white space than Arrow does."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    count = len(texts)
    if not count:
        return texts
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int32, count=count + 1, offset=4 * texts.offset)
    data = texts.buffers()[2]
    letters = np.frombuffer(data, dtype=np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    filled = offsets[1:] > offsets[:-1]
    solid = np.zeros(256, dtype=bool)
    solid[list(_SOLID)] = True
    first = letters[np.minimum(offsets[:-1], len(letters) - 1)]
    last = letters[np.maximum(offsets[1:] - 1, 0)]
    suspicious = filled & ~(solid[first] & solid[last])
    if not suspicious.any():
        return texts
    mask = pa.array(suspicious)
    plain = [text.strip() for text in texts.filter(mask).to_pylist()]
    return pc.replace_with_mask(texts, mask, pa.array(plain, pa.string()))


def any_empty(texts: Any) -> bool:
    """Return whether one of the texts has no character."""
    import pyarrow.compute as pc

    return bool(len(texts)) and pc.min(pc.binary_length(texts)).as_py() == 0


def _beside_each_other(columns: list[Any]) -> Any:
    """Return columns of text as one column of lists."""
    import numpy as np
    import pyarrow as pa

    if not columns or any(column.null_count or not _is_text(column) for column in columns):
        raise Unusual
    count, width = len(columns[0]), len(columns)
    order = np.arange(count * width).reshape(width, count).T.ravel()
    values = pa.concat_arrays(columns).take(pa.array(order))
    return pa.ListArray.from_arrays(pa.array(np.arange(count + 1, dtype=np.int32) * width), values)


def _choices(fields: dict[str, Any], source: Source) -> None:
    """Give the columns the names that every multiple-choice task uses; see multiple_choice.normalise."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if not {"question", "options", "answer"} <= fields.keys():
        raise Unusual
    options, answer = fields["options"], fields["answer"]
    if any(fields[name].null_count for name in ("question", "options", "answer")):
        raise Unusual
    offsets, letters, texts = _lettered(options)
    sizes = np.diff(offsets)
    if texts.null_count or letters.null_count or any_empty(texts) or (len(sizes) and sizes.min() < 2):
        raise Unusual
    where = _right_places(answer, source.answer_is, offsets, letters, texts)
    arrow_offsets = pa.array(offsets)

    def listed(values: Any) -> Any:
        return pa.ListArray.from_arrays(arrow_offsets, values)

    lines = pc.binary_join_element_wise(letters, texts, ": ")
    fields["options"], fields["letters"] = listed(texts), listed(letters)
    fields["lettered"] = pc.binary_join(listed(lines), "\n")
    fields["answer"], fields["letter"] = texts.take(pa.array(where)), letters.take(pa.array(where))
    single = pa.array(np.arange(len(where) + 1, dtype=np.int32))
    fields["answers"] = pa.ListArray.from_arrays(single, fields["answer"])
    fields["answer_letters"] = pa.ListArray.from_arrays(single, fields["letter"])


def _lettered(options: Any) -> tuple[Any, Any, Any]:
    """Return where each item's options begin, their letters and their stripped texts, all items one after another."""
    import numpy as np
    import pyarrow as pa

    is_map = pa.types.is_map(options.type)
    if not is_map and not pa.types.is_list(options.type):
        raise Unusual
    offsets = options.offsets.to_numpy(zero_copy_only=False)
    first, last = int(offsets[0]), int(offsets[-1])
    offsets = (offsets - first).astype(np.int32)
    if is_map:
        return offsets, options.keys[first:last], stripped(options.items[first:last])
    texts = options.values[first:last]
    if texts.null_count:
        raise Unusual
    sizes = np.diff(offsets)
    if len(sizes) and sizes.max() > len(string.ascii_uppercase):
        raise Unusual
    places = np.arange(len(texts)) - np.repeat(offsets[:-1], sizes)
    letters = pa.array(list(string.ascii_uppercase), pa.string()).take(pa.array(places))
    return offsets, letters, stripped(texts)


def _right_places(answer: Any, answer_is: str, offsets: Any, letters: Any, texts: Any) -> Any:
    """Return where, among the options of all items, the right one of each stands."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    sizes = np.diff(offsets)
    if answer_is in ("index", "number"):
        if not pa.types.is_integer(answer.type):
            raise Unusual
        chosen = answer.to_numpy(zero_copy_only=False) - (answer_is == "number")
        if len(chosen) and not ((chosen >= 0) & (chosen < sizes)).all():
            raise Unusual
        return offsets[:-1] + chosen
    if not _is_text(answer):
        raise Unusual
    wanted = answer if answer_is == "letter" else stripped(answer)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    same = pc.equal(letters if answer_is == "letter" else texts, wanted.take(pa.array(owner)))
    hits = np.flatnonzero(same.to_numpy(zero_copy_only=False))
    owners, firsts = np.unique(owner[hits], return_index=True)
    if len(owners) < len(sizes):
        raise Unusual
    return hits[firsts]


def _is_text(column: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(column.type))


def _is_there(column: Any) -> Any:
    """Return which cells hold something: not nothing, not an empty text, not an empty list."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if _is_text(column):
        return pc.fill_null(pc.greater(pc.binary_length(column), 0), False)
    if pa.types.is_list(column.type):
        return pc.fill_null(pc.greater(pc.list_value_length(column), 0), False)
    return column.is_valid()


def _texts(values: tuple[str, ...]) -> Any:
    import pyarrow as pa

    return pa.array(list(values), pa.string())
