"""Files of one JSON list, or of one object: each object of the list is a piece, without reading the whole list."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator

from polyclinic.corpus.readers.cut_lines import too_large
from polyclinic.corpus.readers.opened import BLOCK, ByteStream
from polyclinic.corpus.readers.pieces import Piece

BETWEEN = " \t\r\n,"


def cut_json(stream: ByteStream, name: str, maximum: int) -> Iterator[Piece]:
    """Yield a piece for each object of a list, or for each object of a file that has one after the other."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
    parse = json.JSONDecoder().raw_decode
    text, count, wanted = "", 0, 1
    ended = begun = False
    while not ended:
        block = stream.read(BLOCK)
        ended = not block
        text += decoder.decode(block, final=ended)
        if not begun and (text := text.lstrip()):
            text, begun = text.removeprefix("["), True
        if len(text) < wanted and not ended:  # an object that was not whole is tried again when it has doubled
            continue
        at = 0
        wanted = 1
        while True:
            while at < len(text) and text[at] in BETWEEN:
                at += 1
            if at == len(text) or text[at] == "]":
                break
            try:
                _, stop = parse(text, at)
            except (ValueError, RecursionError) as error:
                place = f"{name}#{count + 1}"
                if ended:
                    yield Piece(place, b"", name, reason="broken JSON", detail=f"{error}; what follows is not read")
                    return
                if len(text) - at > maximum:
                    # Where a broken or endless object ends cannot be known, so the file ends here.
                    piece = too_large(place, name, maximum)
                    yield Piece(
                        place, b"", name, "", piece.reason, f"{piece.detail}, or broken; the rest is not read"
                    )
                    return
                wanted = 2 * (len(text) - at)
                break
            count += 1
            yield Piece(f"{name}#{count}", text[at:stop].encode(), name)
            at = stop
        text = text[at:]
