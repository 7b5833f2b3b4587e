"""Open tags of a request after InsTag (Lu et al. 2023, arXiv 2308.07074), read from a teacher's answer and compared.

InsTag found no fixed list either: the tagger writes tags with explanations, and they are brought to one spelling
afterwards. MedS-Ins kept the conversations that carry one of three tags; its prompt is not published.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

MEDICAL_TAGS = ("healthcare", "medicine", "biomedicine")  # MedS-Ins, Methods
FENCED = re.compile(r"\[.*\]", re.DOTALL)
SIGNS = re.compile(r"[^\w]+")
MOST = 50  # tags of one answer


def read_tags(text: str) -> tuple[str, ...] | str:
    """Return the tags of an answer in order, each once, or what is wrong with it.

    Taken is a JSON list of objects with `tag`, or of texts, also where words stand before or after it.
    """
    match = FENCED.search(text)
    if match is None:
        return 'no list of tags: expected JSON like [{"tag": "medicine"}]'
    try:
        found: Any = json.loads(match.group(0))
    except (ValueError, RecursionError) as error:
        return f"broken JSON: {error}"
    given = [entry.get("tag") if isinstance(entry, dict) else entry for entry in found]
    tags = [tag for tag in given if isinstance(tag, str) and tag.strip()]
    if not tags or len(tags) < len(given):
        return "no list of tags: each entry needs a text under `tag`"
    if len(tags) > MOST:
        return f"too many tags: {len(tags)}, at most {MOST}"
    return tuple(dict.fromkeys(normalised_tag(tag) for tag in tags))


def normalised_tag(tag: str) -> str:
    """Return a tag in small letters with single spaces: `Health-Care ` and `health care` are one."""
    return SIGNS.sub(" ", tag.casefold().replace("_", " ")).strip()


def wanted_tag(tags: Iterable[str], wanted: Sequence[str]) -> str:
    """Return the first tag that is one of those wanted, or ends in one (`emergency medicine`); empty if none is."""
    whole = {normalised_tag(tag).replace(" ", "") for tag in wanted}
    for tag in tags:
        words = tag.split()
        if any("".join(words[start:]) in whole for start in range(len(words))):
            return tag
    return ""
