"""Names once more: those found before, names in lower case, initials of those who dictated, typed or signed."""

from __future__ import annotations

import re

from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.lexicon import (
    COMMON,
    EPONYM,
    FAMILY,
    GIVEN,
    MONTH,
    NAME,
    PARTICLE,
    SOFT_TITLE,
    STATE,
    STOP,
    SUFFIX,
    TITLE,
    WORD,
)
from polyclinic.deidentify.names.context import NameContext
from polyclinic.deidentify.names.ordinary_words import is_ordinary
from polyclinic.deidentify.names.slots import CLOSINGS, PERSON_ONLY, right_weight
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens, at_places, stands_alone

# His son mark here: a word of the lists that is also a word needs one of these behind it.
_RELATED = re.compile(
    r"\s([^\W\d_]{3,})\b(\s(?:here|at|in|is|was|called|states|says|said|updated|present|who|will|and|has|came)\b|,)?"
)
# A line of one word or two below the greeting that ends a message
CLOSED = re.compile(
    r"^(?:thx|ty|thanks|thank you|best|regards|cheers|sincerely|love|respectfully|yours|(?:kind|warm|"
    r"best) (?:regards|"
    r"wishes)|"
    r"take care)\b[^.?\n]{0,24}[,.!]*[ \t]*\n{1,2}[ \t>]*([^\W\d_][\w'’-]{1,18}(?: [^\W\d_][\w'’.-]{0,18})?)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
CLOSING_LINES = words_of("thx ty thank best regards cheers sincerely love respectfully yours kind warm take")
PATTERNS = {"closing": [rf"\b{word}" for word in CLOSING_LINES]}
# What people do, behind a name that the text has already
ACTS = re.compile(r"\s(?:[a-z]{3,}(?:s|ed)|did|is|was|has|had|will|can|and|to|who|does)\b")
_NEXT_WORD = re.compile(r"\s([a-z]+)\b")
_LOWER_TITLES = ("dr ", "dr. ", "mr ", "mr. ", "mrs", "ms ", "ms. ", "miss ", "prof", "doctor ", "nurse ", "drs ")


# With what names of towns begin, and some of people: Port Nancyside
OPENERS = frozenset(
    words_of(
        "port lake east west north south new fort ft mt mount mountain san santa santo los las el la le saint st "
        "ste upper "
        "lower old big little grand glen bay point cape isle coeur truth great long palm cedar rock white royal"
    )
)


class NameRepeats(NameContext):
    """Names beside those that begin with a capital and a reason of their own."""

    def _again(self, tokens: Tokens, found: list[tuple[int, int]], shut: list[bool]) -> list[Span]:
        """Return where parts of the names that were found stand again."""
        known: set[str] = set()
        inside: set[int] = set()
        for first, last in found:
            for j in range(first, last + 1):
                inside.add(j)
                bit = tokens.bits[j]
                if (
                    len(tokens.lower[j]) > 2
                    and not bit & (STOP | SUFFIX | PARTICLE | TITLE)
                    and (bit & NAME or not bit & COMMON)
                    and tokens.lower[j] not in OPENERS
                ):
                    known.add(tokens.lower[j])
        if not known:
            return []
        spans = []
        for i, word in enumerate(tokens.lower):
            if (word not in known and (word[-1:] != "s" or word[:-1] not in known)) or i in inside or shut[i]:
                continue
            bit = tokens.bits[i]
            if self.is_thing(tokens, i):
                continue
            if bit & (COMMON | WORD | EPONYM | STATE | MONTH) and not self._again_here(tokens, i):
                continue
            spans.append(Span(tokens.starts[i], tokens.ends[i], "name"))
        return spans

    def _again_here(self, tokens: Tokens, i: int) -> bool:
        """Say whether a word that is a name in this text, and an ordinary one elsewhere, is the name here."""
        text, start, end, bit = tokens.text, tokens.starts[i], tokens.ends[i], tokens.bits[i]
        if tokens.caseless:
            return False
        if right_weight(text, end, frozenset()) > 1:
            return not bit & EPONYM or PERSON_ONLY.match(text, end) is not None or not self.starts_sentence(tokens, i)
        if text[start:end].isupper() and bit & COMMON:
            return False
        if not bit & (COMMON | MONTH) or not self.starts_sentence(tokens, i):
            return True
        # At the beginning of a sentence or line any word has a capital.
        if text[start - 1 : start] in ('"', "(", "“") or (bit & GIVEN and ACTS.match(text, end)):
            return True
        if text[end : end + 1] in (":", "-", "/") or f" {tokens.lower[i]} " in text or bit & (STATE | EPONYM | MONTH):
            return False
        return text[end : end + 2].strip(" ")[:1] in (",", "'", "’", ".", "") or text[start - 1 : start] == "\n"

    def _lower_case(self, tokens: Tokens, found: list[tuple[int, int]]) -> list[Span]:
        """Return names in lower case in a text that has capitals: after titles, from the lists, and found "
        "ones again."""
        if tokens.caseless:
            return []
        text = tokens.text
        spans = []
        titled = tokens.hits.get("title", ())
        if titled and not any(title in text for title in _LOWER_TITLES):
            titled = ()
        for match in at_places(self.lower_title, text, titled):
            words = match[1].split()
            if match.start() and text[match.start() - 1].isalnum():
                continue
            bit = self.lexicon.get(words[0].removesuffix("'s"), 0)
            if (
                bit & (STOP | SOFT_TITLE)
                or (bit & COMMON and not bit & NAME)
                or (
                    bit & COMMON
                    and match[0].startswith("ms")
                    and not text[max(0, match.start() - 2) : match.start()].strip()[-1:].isdigit()
                )
                or len(words[0]) < 2
            ):
                continue
            start = match.start(1)
            end = start + len(words[0].removesuffix("'s").removesuffix("’s"))
            if (
                len(words) > 1
                and bit & GIVEN
                and (second := self.lexicon.get(words[1], 0)) & FAMILY
                and not second & (WORD | COMMON | STOP)
            ):
                end = match.end(1)
            spans.append(Span(start, end, "name"))
        for relation in self.relations & tokens.words:
            place = text.find(f"{relation} ")
            while place >= 0:
                related = _RELATED.match(text, place + len(relation))
                if related is not None and not text[place - 1 : place].isalnum():
                    bit = self.lexicon.get(related[1], 0)
                    unlisted = not bit and related[2] and not is_ordinary(related[1], self.lexicon)
                    if unlisted or (bit & GIVEN and not bit & STOP and (not bit & COMMON or related[2])):
                        spans.append(Span(related.start(1), related.end(1), "name"))
                place = text.find(f"{relation} ", place + 1)
        closings = [at for at in tokens.hits.get("closing", ()) if not at or text[at - 1] == "\n"]
        for closing in at_places(CLOSED, text, closings) if any(closings) else ():
            if not CLOSINGS.fullmatch(closing[1]):
                spans.append(Span(closing.start(1), closing.end(1), "name"))
        known = {
            tokens.lower[j]
            for a, b in found
            for j in range(a, b + 1)
            if len(tokens.lower[j]) > 3 and not tokens.bits[j] & (COMMON | WORD | STOP | EPONYM)
        }
        for word in {w for w in known if stands_alone(w, tokens.lowered)} | (self.plain_names & tokens.words):
            place = text.find(word)  # in lower case it hardly ever stands there
            while place >= 0:
                end = place + len(word)
                before, behind = text[place - 1 : place], text[end : end + 1]
                if not (before.isalnum() or before in ("-", "_") or behind.isalnum() or behind in ("-", "_")):
                    following = _NEXT_WORD.match(text, end)
                    if following and following[1] in self.things:  # wagner grade 2
                        place = text.find(word, place + 1)
                        continue
                    if following and (bit := self.lexicon.get(following[1], 0)) & FAMILY:
                        end = end if bit & (WORD | COMMON | STOP) else following.end()
                    spans.append(Span(place, end, "name"))
                place = text.find(word, place + 1)
        return spans
