"""The rule layer: a text goes in, the identifiers in it come out.

    rules = load_rules("en")
    rules.find("Seen by Dr. Okafor on 3/14.")  # [Span(12, 18, "name"), Span(22, 26, "date")]

It knows nothing about surrogates, patients or models.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from polyclinic.deidentify.dates.calendar import CalendarRules
from polyclinic.deidentify.dates.holidays import PATTERNS as of_holidays
from polyclinic.deidentify.known_words import KnownWords
from polyclinic.deidentify.language import load_words
from polyclinic.deidentify.lexicon import make_lexicon
from polyclinic.deidentify.lower_case_lines import PATTERNS as of_lines
from polyclinic.deidentify.lower_case_lines import lower_case_lines
from polyclinic.deidentify.numbers.ages import PATTERNS as of_ages
from polyclinic.deidentify.numbers.ages import spelled_ages
from polyclinic.deidentify.numbers.beside_names import find_beside_names
from polyclinic.deidentify.numbers.rules import COUNTS, UNITS, NumberRules
from polyclinic.deidentify.numbers.spoken import PATTERNS as of_spoken
from polyclinic.deidentify.numbers.spoken import find_spoken
from polyclinic.deidentify.places.announced import TAILS
from polyclinic.deidentify.places.known import patterns as of_known
from polyclinic.deidentify.places.organisations import patterns as of_organisations
from polyclinic.deidentify.places.rules import PlaceRules
from polyclinic.deidentify.places.streets import ROUTE_WORDS
from polyclinic.deidentify.spans import TYPES, Span, without_overlaps
from polyclinic.deidentify.tables import PATTERNS as of_tables
from polyclinic.deidentify.tables import find_cells
from polyclinic.deidentify.tagger.names import find_names
from polyclinic.deidentify.tagger.numbers import find_numbers
from polyclinic.deidentify.tagger.spelled_names import PATTERNS as of_spelled
from polyclinic.deidentify.tagger.spelled_names import find_spelled
from polyclinic.deidentify.tagger.typists import PATTERNS as of_typists
from polyclinic.deidentify.tagger.typists import find_typists
from polyclinic.deidentify.tagger.weights import Candidate, Tagger, load_weights
from polyclinic.deidentify.tokens import COUNTED, MEASURED, Tokens, at_places, has_plain_letters, is_pattern
from polyclinic.deidentify.vocabulary import Vocabulary

AFTER_AT = re.compile(r"@\s?[\w-]+(?:\.[\w-]+)*\.[A-Za-z][\w-]+")
URL = re.compile(r"(?:https?|ftp|sftp)://[^\s<>\"')\]]+|www\.[^\s<>\"')\]]+", re.IGNORECASE)
_DOMAINS = (
    r"com|org|net|edu|gov|info|health|care|clinic|io|co\.uk|nhs\.uk|ac\.uk|org\.uk|us|uk|ca|de|fr|au|biz|"
    r"me|app|example|ie|nz|au|eu|scot|wales|mil|int|co\.za|dev|cloud|online|site|info|tv|hospital|healthcare|dental|"
    r"doctor|nhs|link|xyz|local|test|invalid"
)
DOMAIN_END = re.compile(rf"\.(?:{_DOMAINS})(?![\w-]|\.[a-z])(?::\d+)?(?:/[^\s<>\"')\]]*)?", re.IGNORECASE)
_FILES = r"jpg|jpeg|png|gif|bmp|tif|tiff|heic|heif|dcm|webp|raw|mp4|mov"
PHOTO = re.compile(rf"\.(?:{_FILES})\b", re.IGNORECASE)
PATTERNS = {
    "url": ("://", "www."),
    "domain": tuple("." + domain.partition("\\")[0] for domain in _DOMAINS.split("|")),
    "photo": tuple("." + file for file in _FILES.split("|")),
}
IPV6 = re.compile(
    r"(?<![\w:])(?:[0-9a-f]{1,4}:){2,7}(?::?[0-9a-f]{1,4}){1,7}(?![\w:])|"
    r"(?<![\w:])(?:[0-9a-f]{1,4}:){1,6}:(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,5})?(?![\w:])",
    re.IGNORECASE,
)
TAG = re.compile(rf"\[(?:{'|'.join(kind.upper() for kind in TYPES)})-[0-9a-f]{{6}}\]")
COLONS = re.compile(r":[0-9a-fA-F]{1,4}:[0-9a-fA-F]{0,4}:")
TRAILING = ".,;:!?"


class Reading(NamedTuple):
    """What the rules see in a text."""

    spans: list[Span]  # its identifiers, in order and without overlaps
    tokens: Tokens
    candidates: list[Candidate]  # words that the tagger does not take for ordinary ones


class Rules:
    """The rule layer of one language."""

    def __init__(self, name: str) -> None:
        """Read and compile the rules: a language that comes along, or a YAML file."""
        self.words = load_words(name)
        self.lexicon = make_lexicon(self.words)
        self.calendar = CalendarRules(self.words)
        self.numbers = NumberRules(self.words, self.calendar)
        self.places = PlaceRules(self.words)
        self.known = KnownWords(self.words, self.lexicon)
        self.tagger = Tagger(self.words, self.lexicon, load_weights())
        long = {month for month in self.words.months if len(month) > 3}
        self._ordinals = {
            word + sign
            for word in (*self.words.ordinals, *(f"twenty-{o}" for o in self.words.ordinals))
            for sign in ("", *".,;)")
        }
        self._of_days = frozenset(self.calendar.patterns) - {"ordinal", *of_holidays}
        self._long_months = long | {month + sign for month in long for sign in ",."}
        # What the language's own patterns need, where the vocabulary can look for it; a K may be the sign of kelvins.
        needs = {extra.needs for extra in self.words.patterns}
        self._needs = {need: (need,) for need in needs if is_pattern(need) and "\\" not in need and "k" not in need}
        self.vocabulary = self._asked()

    def _asked(self) -> Vocabulary:
        """Return what the rules ask of the words of a text."""
        holidays = self.calendar.holidays
        return Vocabulary(
            self.lexicon,
            self.places.asked,
            [
                *(self._ordinals | self._long_months | self.words["number_words"]),
                *(holidays.words | holidays.season_words),
                *(self.numbers.street_ends | ROUTE_WORDS),
            ],
            {
                **self.calendar.patterns,
                **of_known(),
                **of_organisations(),
                **self.places.patterns,
                **PATTERNS,
                **of_ages,
                **of_lines,
                **of_spelled,
                **of_spoken,
                **of_tables,
                **of_typists,
                **self._needs,
            },
            (*(tail[:2] for tail in TAILS), "in", *(f"{chr(c)}:" for c in range(128))),
            {**dict.fromkeys(UNITS, MEASURED), **dict.fromkeys(COUNTS, COUNTED)},
            self.places.screen,
            self.numbers.screen,
        )

    def find(self, text: str) -> list[Span]:
        """Return the identifiers of a text, in order and without overlaps."""
        return self.read(text).spans

    def read(self, text: str) -> Reading:
        """Return the identifiers of a text, its words, and what the tagger says, for whoever looks at these again."""
        tokens = self.vocabulary.read(text)
        tags = [Span(m.start(), m.end(), "other_id") for m in TAG.finditer(text)] if "[" in text else []
        spans = self.find_by_form(tokens, tags)
        spans += self.places.find(tokens, spans)
        if not tokens.caseless:
            for begin, end in lower_case_lines(tokens):
                part = self.vocabulary.read(text[begin:end])
                found = self.places.find(part, [])
                spans += [Span(s.start + begin, s.end + begin, s.type) for s in found]
        spans.sort()
        english = self.words.language.startswith("en")
        by_weights: list[Span] = []
        candidates = self.tagger.find(text)
        if english:
            by_weights = find_numbers(text, candidates, spans, self.calendar)
            spans = sorted([*spans, *by_weights])
        spans += find_names(
            text,
            candidates,
            spans,
            self.places.generic,
            self.known.things,
            capitals_only=not english,
        )
        spans += find_spelled(tokens, spans)
        spans += find_typists(tokens, spans, self.lexicon)
        if tokens.runs:
            sure = set(spans).difference(by_weights)  # what stands behind a name tells the type as well
            spans += find_beside_names(text, without_overlaps(sure))
        whole = without_overlaps([_with_article(text, span) for span in spans])
        if tags:  # what stands for an identifier is none
            marks = {(tag.start, tag.end) for tag in tags}
            whole = [span for span in whole if (span.start, span.end) not in marks]
        return Reading(whole, tokens, candidates)

    def find_by_form(self, tokens: Tokens, tags: list[Span]) -> list[Span]:
        """Return, in order, what has a form of its own: numbers, dates, phones, streets, mail and web addresses.

        Args:
            tokens: of the text, from the vocabulary.
            tags: what stands for identifiers; they are returned too, and passed over.
        """
        text = tokens.text
        spans = sorted([*tags, *self._addresses_of_machines(text, tokens)])
        spans += self.numbers.find(tokens, spans)
        spans += self._worded_dates(text, tokens)
        spans += find_cells(tokens)
        spans += self._extra(tokens)
        spans.sort()
        return spans

    def _worded_dates(self, text: str, tokens: Tokens) -> list[Span]:
        found = []
        for i in tokens.months:
            if spot := self.calendar.find_worded(text, tokens.starts[i], tokens.caseless):
                found.append(Span(*spot, "date"))
        words = tokens.words
        if not tokens.caseless:
            for month in {m.strip(",.") for m in self._long_months & words}:
                place = text.find(month)
                while place >= 0:
                    if not text[place - 1 : place].isalnum() and (spot := self.calendar.find_worded(text, place)):
                        found.append(Span(*spot, "date"))
                    place = text.find(month, place + 1)
        found += [Span(start, end, "date") for start, end in self.calendar.holidays.find(tokens)]
        if "old" in tokens.hits:
            found += [Span(start, end, "age") for start, end in spelled_ages(tokens)]
        numbers = self.words["number_words"] & words
        if len(numbers) > 1:
            found += find_spoken(tokens, numbers)
        if not self._ordinals.isdisjoint(words) or not self._of_days.isdisjoint(tokens.hits):
            found += [Span(start, end, "date") for start, end in self.calendar.find_ordinals(tokens)]
        return found

    def _addresses_of_machines(self, text: str, tokens: Tokens) -> list[Span]:
        """Return e-mail addresses, web addresses, network addresses, names of image files."""
        found: list[Span] = []
        if "@" in text:
            found += _emails(text)
        if "url" in tokens.hits and ("://" in text or "www." in text or "WWW." in text):
            for match in URL.finditer(text):
                found.append(Span(match.start(), match.start() + len(match[0].rstrip(TRAILING)), "url"))
        for match in _found(DOMAIN_END, "domain", tokens) if tokens.dotted else ():
            start = match.start()
            while start > 0 and (text[start - 1].isalnum() or text[start - 1] in "-._"):
                start -= 1
            if match.start() - start > 1 and not any(s.start <= start < s.end for s in found):
                found.append(Span(start, match.start() + len(match[0].rstrip(TRAILING)), "url"))
        for match in _found(PHOTO, "photo", tokens) if tokens.dotted else ():
            start = match.start()
            while start > 0 and (text[start - 1].isalnum() or text[start - 1] in "-._()/\\"):
                start -= 1
            while start < match.start() and text[start] in "()/\\._-":
                start += 1
            if start < match.start() and not any(s.start <= start < s.end for s in found):
                found.append(Span(start, match.end(), "photo"))
        if tokens.colons and ("::" in text or COLONS.search(text)):
            found += [Span(m.start(), m.end(), "ip") for m in IPV6.finditer(text) if _is_ipv6(m[0])]
        return without_overlaps(found)

    def _extra(self, tokens: Tokens) -> list[Span]:
        found = []
        text = tokens.text
        for extra in self.words.patterns:
            if (extra.needs in self._needs and extra.needs not in tokens.hits) or extra.needs not in tokens.lowered:
                continue
            found += [
                Span(m.start(), m.end(), extra.type) for m in extra.pattern.finditer(text) if m.end() > m.start()
            ]
        return found


def _with_article(text: str, span: Span) -> Span:
    """Return a date with the article before it: the ninth, the 14th."""
    if (
        span.type != "date"
        or span.end - span.start < 3
        or text[max(0, span.start - 4) : span.start].lower() != "the "
    ):
        return span
    begins = span.start == 4 or not text[span.start - 5].isalnum()
    return span._replace(start=span.start - 4) if begins else span


def _found(pattern: re.Pattern[str], name: str, tokens: Tokens) -> Iterator[re.Match[str]]:
    """Yield what `finditer` yields, of a pattern that ignores case and begins where the vocabulary has `name`."""
    if has_plain_letters(tokens.text):
        return at_places(pattern, tokens.text, tokens.hits.get(name, ()))
    return pattern.finditer(tokens.text)


def _emails(text: str) -> list[Span]:
    found = []
    place = text.find("@")
    while place >= 0:
        start = place - (text[place - 1 : place] == " ")
        while start and place - start < 66 and (text[start - 1].isalnum() or text[start - 1] in "_.+%'-"):
            start -= 1
        if text[start:place].strip() and (behind := AFTER_AT.match(text, place)):
            found.append(Span(start, behind.end(), "email"))
        place = text.find("@", place + 1)
    return found


def _is_ipv6(text: str) -> bool:
    import ipaddress

    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return any(c.isdigit() for c in text) and len(text) > 4


@functools.cache
def load_rules(name: str = "en") -> Rules:
    """Return the rule layer of a language, or of a YAML file; it is made once. Raises UserError as `load_words`."""
    return Rules(name)
