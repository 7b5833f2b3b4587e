"""What stands in place of identifiers: for the same patient and secret always the same, and like the original.

Each surrogate is drawn by an HMAC (RFC 2104, SHA-256) of the patient and the identifier under the secret, so nobody
without the secret can tell which identifier a surrogate stands for, nor that two patients have the same name. Dates
move by a number of weeks that is the patient's own. Phones, e-mail, web and network addresses come from the ranges
that are reserved for examples (555-01xx; example.org; 192.0.2.0/24, RFC 5737).
"""

from __future__ import annotations

import functools
import hmac
import re
from collections.abc import Iterator, Sequence

from polyclinic.deidentify.dates.shifted import DateShift
from polyclinic.deidentify.language import Words, words_of
from polyclinic.deidentify.lexicon import FEMALE, GIVEN, read_list
from polyclinic.deidentify.spans import Span

MOST_WEEKS = 104  # by which dates are moved, back or on
_FIRST = (
    "Al Ash Bar Bel Brack Bran Cal Carl Corv Dal Dern Ell Fal Fen Garr Hal Harl Kel Kess Lang Lind Lor "
    "Marl Mel Nor Orl Pell Quin Rav Ren Sel Stav Tav Thorl Ulv Var Wel Wenn Yar Zel"
)
_SECOND = (
    "bourne by dane dell field ford gate ham hurst ley low mere more nard ner rick row sby ster ton vale "
    "wen well wick worth"
)
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
KEPT_IN_NAMES = frozenset(
    words_of(
        "jr sr ii iii iv jnr snr van von der den de del della di da dos das la le el al bin ibn du ter ten st mac"
    )
)


@functools.cache
def family_names() -> tuple[str, ...]:
    """Return made-up family names, none of which is in the lists of real ones."""
    real = read_list("family_names") | read_list("female_given_names") | read_list("male_given_names")
    made = (first + second for first in _FIRST.split() for second in _SECOND.split())
    return tuple(name for name in made if name.lower() not in real and name.lower() not in read_list("words"))


GIVEN_FEMALE = tuple(
    words_of(
        "Ada Alice Anna Beth Clara Cora Dora Edith Ella Emma Esther Eva Flora Greta Helen Hilda Ida Irma Jane "
        "Julia Kate Laura Lena Lucy Mabel Martha Mary Nell Nina Nora Olga Paula Rita Rosa Ruth Sara Sonia "
        "Tessa Thea Vera Wilma Zoe"
    )
)
GIVEN_MALE = tuple(
    words_of(
        "Adam Albert Alan Arno Basil Ben Bruno Carl Conrad Daniel David Edgar Edwin Emil Felix Fred George "
        "Gregor Harold Henry Hugo Ivan Jacob Joel John Karl Leo Lewis Martin Max Neil Nils Oscar Otto Paul "
        "Peter Philip Ralph Robert Simon Theo Thomas Victor Walter"
    )
)


class Surrogates:
    """The surrogates of one patient."""

    def __init__(
        self, secret: bytes, patient: str, words: Words, lexicon: dict[str, int], style: str = "surrogates"
    ) -> None:
        """Derive the patient's own key.

        Args:
            secret: see `secret`; at least 16 bytes.
            patient: whose text it is, however the corpus calls them.
            words: the language's.
            lexicon: the language's; says which names are given names.
            style: `surrogates`, or `tags` such as [NAME-3fa1c2], for which no date is moved.
        """
        self.key = hmac.digest(secret, b"patient\0" + patient.encode("utf-8", "surrogatepass"), "sha256")
        self.words, self.lexicon, self.style = words, lexicon, style
        number = int.from_bytes(self._draw("shift", "")[:8], "big") % (2 * MOST_WEEKS)
        self.days = 7 * (number - MOST_WEEKS if number < MOST_WEEKS else number - MOST_WEEKS + 1)

    def replace(self, text: str, spans: Sequence[Span]) -> str:
        """Return a text with a surrogate in place of every span."""
        shift = DateShift(self.words, self.days)
        shift.look_at([text[s.start : s.end] for s in spans if s.type == "date"])
        pieces, place = [], 0
        for span in spans:
            pieces += [text[place : span.start], self.of(text[span.start : span.end], span.type, shift)]
            place = span.end
        return "".join([*pieces, text[place:]])

    def of(self, original: str, kind: str, shift: DateShift) -> str:
        """Return the surrogate of one identifier."""
        if self.style == "tags":
            return f"[{kind.upper()}-{self._draw(kind, _normal(original)).hex()[:6]}]"
        if kind == "date":
            return shift.moved(original)
        if kind == "age":
            return "90" if any(c.isdigit() for c in original) else "ninety"
        if kind == "name":
            return self._name(original)
        if kind in ("phone", "fax"):
            return self._phone(original)
        if kind in ("city", "address", "institution"):
            return self._place(original, kind)
        if kind == "email":
            return f"person{self._number('email', original.lower(), 10_000)}@example.org"
        if kind == "url":
            return f"https://example.org/{self._draw('url', original).hex()[:6]}"
        if kind == "ip":
            number = self._number("ip", original, 254) + 1
            return f"2001:db8::{number:x}" if ":" in original and original.count(".") < 3 else f"192.0.2.{number}"
        if kind == "photo":
            return f"image{self._number('photo', original, 10_000)}{original[original.rfind('.') :]}"
        if kind == "ssn":
            return self._ssn(original)
        if kind == "zip" and original[:5].isdigit():
            return "00" + self._code(original)[2:]
        return self._code(original)

    def _draw(self, kind: str, text: str) -> bytes:
        return hmac.digest(self.key, f"{kind}\0{text}".encode("utf-8", "surrogatepass"), "sha256")

    def _number(self, kind: str, text: str, below: int) -> int:
        return int.from_bytes(self._draw(kind, text)[:8], "big") % below

    def _chosen(self, kind: str, word: str, pool: Sequence[str]) -> str:
        """Return a word of the pool, never the original one."""
        number = self._number(kind, word.lower(), len(pool))
        found = pool[number]
        return found if found.lower() != word.lower() else pool[(number + 1) % len(pool)]

    def _name(self, original: str) -> str:
        if (
            len(original) <= 12
            and re.fullmatch(r"(?:[A-Za-z]{1,4}\.?[ ]?[/:\\]?[ ]?){1,3}", original)
            and (
                "/" in original
                or ":" in original
                or (original.replace(".", "").isupper() and len(original.replace(".", "")) <= 3)
            )
        ):
            return re.sub(r"[A-Za-z]", lambda m: self._letter(m[0]), original)
        return WORD.sub(lambda m: self._name_word(m[0]), original)

    def _name_word(self, word: str) -> str:
        low = word.lower().replace("’", "'")
        if low in KEPT_IN_NAMES:
            return word
        if len(word) == 1:
            return self._letter(word)
        bits = self.lexicon.get(low, 0)
        if bits & GIVEN:
            pool: Sequence[str] = GIVEN_FEMALE if bits & FEMALE else GIVEN_MALE
        else:
            pool = family_names()
        return _cased(self._chosen("name", low, pool), word)

    def _letter(self, letter: str) -> str:
        number = self._number("initial", letter.lower(), 25)
        found = "abcdefghijklmnopqrstuvwxyz".replace(letter.lower(), "")[number % 25] if letter.isascii() else "x"
        return found.upper() if letter.isupper() else found

    def _phone(self, original: str) -> str:
        head, _, _ = (
            original.partition("x")
            if "x" in original.lower() and "ext" not in original.lower()
            else (original, "", "")
        )
        digits = [i for i, c in enumerate(head) if c.isdigit()]
        main = digits[: 11 if head.lstrip("+( ").startswith("1") and len(digits) >= 11 else 10]
        code = self._code(original)
        made = [code[i] if c.isdigit() else c for i, c in enumerate(original)]
        if not any(c.isdigit() for c in original):
            return "five five five zero one " + " ".join(
                ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")[
                    self._number("phone", f"{k}{original.lower()}", 10)
                ]
                for k in range(2)
            )
        if len(main) >= 7 and not original.startswith("+") and not original.startswith("0"):
            for place, digit in zip(main[-7:], "55501", strict=False):
                made[place] = digit
        elif original.startswith("+"):
            country = re.match(r"\+\d{1,3}", original)
            if country and len(country[0]) <= 3:
                made[: len(country[0])] = list(country[0])
        return "".join(made)

    def _ssn(self, original: str) -> str:
        digits = "".join(c for c in original if c.isdigit())
        last = f"{self._number('ssn', digits[-4:], 10_000):04d}"
        replaced = iter(
            "000" + f"{self._number('ssn middle', digits, 100):02d}" + last
            if len(digits) >= 9
            else last.rjust(len(digits), "0")[-len(digits) :]
            if digits
            else ""
        )
        return "".join(next(replaced, "0") if c.isdigit() else c for c in original)

    def _code(self, original: str) -> str:
        """Return letters for letters and digits for digits; what is between stays."""
        stream = self._stream(_normal(original))
        made = []
        for character in original:
            if character.isdigit():
                digit = next(stream) % 10
                made.append(str(digit))
            elif character.isalpha():
                letter = chr(97 + next(stream) % 26)
                made.append(letter.upper() if character.isupper() else letter)
            else:
                made.append(character)
        found = "".join(made)
        return found if found != original else found[:-1] + ("1" if found[-1:] != "1" else "2")

    def _stream(self, text: str) -> Iterator[int]:
        number = 0
        while True:
            yield from self._draw("code", f"{number}\0{text}")
            number += 1

    def _place(self, original: str, kind: str) -> str:
        kept = _kept(self.words, kind)
        replaced: list[str] = []

        def word(found: re.Match[str]) -> str:
            low = found[0].lower()
            if low.removesuffix("'s").removesuffix("’s") in kept or low in kept:
                return found[0]
            if replaced:  # one made-up word for all that is the place's own
                return ""
            own = " ".join(w for w in re.findall(r"[^\W\d_]+", original.lower()) if w not in kept)
            replaced.append(_cased(self._chosen("place", own, family_names()), found[0]))
            return replaced[0]

        made = WORD.sub(word, original)
        made = re.sub(r"\d", lambda m: str(self._number("street", f"{m.start()}{original.lower()}", 9) + 1), made)
        made = re.sub(r"\.(?=\s|$)", "", made) if replaced and kind == "institution" else made
        made = re.sub(r"(?<=\w)[ \t]*\n[ \t]*(?=\W*$)|^[\s.&,-]+|[\s&,-]+$", "", made) if replaced else made
        return re.sub(r"[ ]{2,}", " ", made).strip() if replaced else made


@functools.lru_cache(maxsize=64)
def _kept(words: Words, kind: str) -> frozenset[str]:
    """Return the words of places of a kind that stand in a surrogate as well."""
    if kind == "address":
        units = "apt apartment suite ste unit flat floor fl po p o box n s e w ne nw se sw north south east west "
        units += "lot bldg building rm room"
        return words["street_types"] | words["short_street_types"] | frozenset(units.split())
    if kind == "city":
        return words["city_endings"] | {"of"}
    tails = {w for phrase in words["institution_phrases"] for w in phrase.split()}
    return words["institution_generic"] | words["institution_heads"] | tails


def _cased(word: str, like: str) -> str:
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word.lower() if like.islower() else word


def _normal(text: str) -> str:
    """Return what counts of a number: its letters and digits, in lower case."""
    return "".join(c for c in text.lower() if c.isalnum())
