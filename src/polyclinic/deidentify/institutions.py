"""Institutions: hospitals, clinics, schools, homes and employers by name, and what a language knows of places."""

from __future__ import annotations

import re

from polyclinic.deidentify.businesses import BUSINESSES, Businesses
from polyclinic.deidentify.language import Words, either, words_of
from polyclinic.deidentify.lexicon import CITY, COMMON, INSTITUTION, MONTH, NAME, STATE, STOP
from polyclinic.deidentify.look_back import LookBack
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens

LINK = re.compile(
    r"(?i:\s(?:of|and|the|at|for|de|del|la|&|on)(?=\s)|\s&|['’][sS]?|\.)*[ \t]|-|/|[ \t]?&[ \t]?|[ \t]?\n[ \t]*"
)
LONGEST = 7  # words of an institution's name
_LINE_END = re.compile(r"[ \t]*(?:\n|$|\||[ ]{2})")
_SHORT = frozenset(
    words_of("general memorial county university regional methodist baptist children's childrens deaconess veterans")
)
_STRONG_HEADS = frozenset(["manor", "hospital", "lodge", "villa", "college", "school", "university"])
_SPECIALTIES = frozenset(
    words_of(
        "medicine pediatrics cardiology orthopedics orthopaedics dermatology oncology physicians neurology urology"
    )
)
_LEADING = frozenset(
    words_of(
        "the a an our your his her their my at to from in of and by with local outside also pt seen per via "
        "for & doctor dr dr. nurse mr mrs ms while is was presented admitted transferred"
    )
)


class InstitutionRules(Businesses):
    """The institutions of one language."""

    def __init__(self, words: Words) -> None:
        """Compile the cues of a language."""
        self.words = words
        self.generic = words["institution_generic"]
        self.phrases = words["institution_phrases"]
        self.heads = words["institution_heads"]
        self.businesses = BUSINESSES | self.heads | frozenset(p.split()[-1] for p in words["institution_phrases"])
        self.openers = words["institution_openers"]
        self.endings = words["city_endings"]
        self.states = words["states"]
        self.codes = words["state_codes"]
        self.state_openers = frozenset(phrase.split()[0] for phrase in words["state_names_of_two_words"])
        self.two_words = words["cities_of_two_words"]
        self.two_word_ends = frozenset(p.split()[-1] for p in self.two_words)
        self.two_word_states = words["state_names_of_two_words"]
        self.zip_labels = words["zip_labels"]
        cues = either(words["city_cues"])
        self.city_cue = LookBack(
            rf"(?:\b(?:{cues})|\b(?:{either(words['city_labels'])})\s*:)\s+",
            [*words["city_cues"], *words["city_labels"]],
        )
        self.cue_last = frozenset(c.split()[-1] for c in words["city_cues"]) | {f"{c}:" for c in words["city_labels"]}
        self.employer = LookBack(
            rf"\b(?:{either(words['employer_cues'])})\s+(?:the\s+|an?\s+)?", words["employer_cues"]
        )
        self.employer_last = frozenset(c.split()[-1] for c in words["employer_cues"]) | {"the"}
        cues_and_words = self.cue_last | self.employer_last | {"at", "works", "lives", "from", "to"}
        self.cue_ends = frozenset(word[-2:] for word in cues_and_words) | {" @"}
        streets = words["street_types"] | words["short_street_types"]
        self.full_streets = frozenset(
            ("street", "avenue", "road", "lane", "boulevard", "parkway", "highway", "drive")
        )
        self.street_ends = frozenset(s + sign for s in streets for sign in ("", ".", ",", "?", ".,", "!"))
        stop = either(words["no_street_words"])
        self.street_alone = re.compile(
            rf"\b(?:on|at|off|along|"
            rf"near)\s((?:(?!(?:{stop})\b)[A-Za-z][\w.'’-]*\s){{1,2}}({either(streets)})\b\.?)(?!\s+[A-Z][a-z])",
            re.IGNORECASE,
        )
        self.street_cue = re.compile(r"\b(?:on|at|off|along|near|from)\s+(?:[NSEW]\.?\s+)?$", re.IGNORECASE)
        short = either(words["short_street_types"] | words["street_types"])
        self.street_after = re.compile(rf"\s(?:{short})\b", re.IGNORECASE)
        state_names = f"{either(words['states'])}|{words.any_of('state_names_of_two_words')}"
        codes = "|".join(sorted(words["state_codes"])) or "(?!)"
        countries = either(words["countries"])
        self.state_after = re.compile(
            rf"\s?,\s?(?:(?:{codes})\b(?!\s[a-z])|(?i:{state_names}|{countries})\b)|"
            rf"\s(?!ID\b)(?:{codes})\s\d{{5}}(?!\d)|"
            rf"\^(?:{codes})\b"
        )
        self.lower_city = re.compile(
            rf"(?:{cues})\s+((?:{either(words['cities'] | words['cities_of_two_words'])}))\b"
        )
        self.lower_state = re.compile(
            rf"\s?,\s?(?:{state_names}|(?:{'|'.join(c.lower() for c in sorted(words['state_codes'])) or '(?!)'}))\b"
        )
        head_words = either({h for h in words["institution_heads"] if h != "surgery"} | words["institution_phrases"])
        self.lower_institution = re.compile(
            rf"\b((?:(?:st|saint|mount|mt|our lady "
            rf"of)\.?\s+)?[a-z'’.]+(?:\s+[a-z'’.]+){{0,3}}?)\s+((?:{head_words}))\b"
        )

    def _is_head(self, tokens: Tokens, i: int) -> bool:
        word = tokens.lower[i]
        if word in self.heads:
            return True
        text = tokens.text
        before = text[max(0, tokens.starts[i] - 24) : tokens.ends[i]].lower().replace("\n", " ")
        if word in self.phrases:
            return True
        parts = before.split()
        return any(" ".join(parts[-n:]) in self.phrases for n in (2, 3) if len(parts) >= n)

    def _institution(self, tokens: Tokens, i: int) -> Span | None:
        """Return the name that ends, or goes on, with the head word `i`: Mercy Hospital of Saint Paul."""
        text, starts, ends, lower, bits = tokens.text, tokens.starts, tokens.ends, tokens.lower, tokens.bits
        first = i
        while first > 0 and i - first < LONGEST:
            j = first - 1
            gap = text[ends[j] : starts[first]]
            if len(gap) > 9 or not LINK.fullmatch(gap):
                break
            if "\n" in gap and (text[ends[j] : ends[j] + 1] in ".:" or "\n\n" in gap or i - first > 3):
                break
            if gap.startswith(".") and lower[j].rstrip(".") not in ("st", "mt", "dr", "u", "s"):
                break
            if tokens.caseless:
                if (
                    (
                        lower[j] in self.generic
                        or not (bits[j] & NAME or lower[j] in self.openers or bits[j] == 0 or bits[j] & CITY)
                        or bits[j] & (STOP)
                    )
                    and lower[j] not in self.openers
                    and lower[j]
                    not in (
                        "medical",
                        "general",
                        "regional",
                        "memorial",
                        "community",
                        "university",
                        "county",
                        "health",
                        "heart",
                        "cancer",
                    )
                ):
                    break
            elif (
                bits[j] & STOP
                and lower[j] not in self.generic
                and lower[j] not in ("general", "surgical")
                and lower[j] not in self.openers
            ) and (
                not (
                    gap == " "
                    and text[starts[j]].isupper()
                    and not text[starts[j] : ends[j]].isupper()
                    and (
                        (j and text[ends[j - 1] : starts[j]] == " ")
                        or (lower[i] in _STRONG_HEADS and not self._first_of_sentence(text, starts[j]))
                    )
                )
            ):
                # Normal is a town: a word of a name when it stands between others with a capital.
                break
            first = j
            if tokens.caseless and i - first >= 3:
                break
        # What stands before the first word of its own: The, Our, Outpatient; a verb of a line in capitals.
        while first < i and (
            lower[first] in _LEADING
            or (
                bits[first] & STOP and lower[first] not in ("medical", "general") and lower[first] not in self.openers
            )
        ):
            first += 1
        last = i
        own = [
            j
            for j in range(first, i + 1)
            if lower[j] not in self.generic and lower[j] not in self.heads and not (bits[j] & INSTITUTION and j == i)
        ]
        # University of X, Hospital of X, Clinic at X
        while last + 1 < len(starts) and last - i < 5:
            gap = text[ends[last] : starts[last + 1]]
            nxt = last + 1
            if gap == " " and lower[nxt] in ("of", "at") and text[starts[nxt]].isupper() and nxt + 1 < len(starts):
                if text[ends[nxt] : starts[nxt + 1]] != " " or bits[nxt + 1] & MONTH:
                    break
                last = nxt + 1
                own.append(last)
                continue
            if (
                re.fullmatch(r"(?i:\s(?:of|at|for)\s(?:the\s)?|\s(?:and|&)\s|\s?-\s?|,\s(?=the))", gap)
                and not (gap.strip() in ("and", "&") and last == i)
                and not bits[nxt] & (STOP | MONTH)
            ):
                if gap.strip().startswith(("at", "for")) and lower[nxt] in self.generic:
                    break
                last = nxt
                if lower[nxt] not in self.generic:
                    own.append(nxt)
            elif gap == ". " and lower[last].rstrip(".") == "st" and not bits[nxt] & (STOP | MONTH):
                last = nxt
                own.append(nxt)
            elif (
                gap == " "
                and (bits[nxt] & INSTITUTION or lower[nxt] in self.generic or last > i)
                and not bits[nxt] & (MONTH | STOP)
            ) or (
                gap == " "
                and lower[nxt] in ("medical", "general")
                and bits[nxt + 1 : nxt + 2]
                and bits[nxt + 1] & INSTITUTION
            ):
                last = nxt
            else:
                break
        while last > i and lower[last] in self.generic and not bits[last] & INSTITUTION:
            last -= 1
        upper = text[starts[i] : ends[i]].isupper()
        if (
            upper
            and own
            and _LINE_END.match(text, ends[last])
            and not text[text.rfind("\n", 0, starts[first]) + 1 : starts[first]].strip(" *|")
        ):
            return Span(starts[first], ends[last], "institution")  # a letterhead
        own = [
            j
            for j in own
            if lower[j] not in self.openers
            or lower[j]
            in (
                "mercy",
                "providence",
                "sinai",
                "lutheran",
                "presbyterian",
                "baptist",
                "methodist",
                "jewish",
                "memorial",
            )
            or True
        ]
        if lower[i] in _SPECIALTIES and all(bits[j] & COMMON and not bits[j] & NAME for j in own):
            return None
        if not own:
            return None
        if upper or tokens.caseless:
            own = [j for j in own if not bits[j] & COMMON or bits[j] & NAME or lower[j] in self.openers]
            if not own:
                return None
            first = min(
                [*own, *range(first, i + 1)]
                if not upper
                else [
                    j
                    for j in range(first, i + 1)
                    if j >= min(own) - 1 and (j >= min(own) or lower[j] in self.openers)
                ]
                or own
            )
        elif (
            all(bits[j] & COMMON and not bits[j] & NAME and lower[j] not in self.openers for j in own)
            and first == i - 1
            and self._first_of_sentence(text, starts[first])
        ):
            return None
        return Span(starts[first], ends[last], "institution")

    @staticmethod
    def _first_of_sentence(text: str, start: int) -> bool:
        before = text[max(0, start - 3) : start].rstrip(" ")
        return not before or before[-1] in ".:\n•-"

    def _short_name(self, tokens: Tokens, i: int) -> Span | None:
        """Return what people call a hospital for short, after `at`, `from` or `to`: transferred from Memorial."""
        start, end = tokens.starts[i], tokens.ends[i]
        following = tokens.text[end : end + 2]
        if (
            (tokens.lower[i] in self.openers or tokens.lower[i] in _SHORT)
            and tokens.text[start + 1 : start + 2].islower()
            and (not (following[:1] == " " and following[1:].isupper()))
        ):
            return Span(start, end, "institution")
        return None

    def _all_of_words(self, tokens: Tokens, i: int, cue: str) -> Span | None:
        """Return the name of two ordinary words or more with capitals after `at` or `works`: at Silver Birch."""
        text, bits, starts, ends, lower = tokens.text, tokens.bits, tokens.starts, tokens.ends, tokens.lower
        last = i
        while (
            last + 1 < len(starts)
            and last - i < 4
            and text[ends[last] : starts[last + 1]] in (" ", " & ", "'s ", "’s ", "-", " of ")
            and text[starts[last + 1] + 1 : starts[last + 1] + 2].islower()
            and not bits[last + 1] & (STOP | MONTH | STATE)
        ):
            last += 1
        own = [j for j in range(i, last + 1) if lower[j] not in self.generic and not bits[j] & (STOP | MONTH)]
        if (
            not own
            or (last == i and cue == "at")
            or text[ends[last] : ends[last] + 1] == ":"
            or bits[i] & (STOP | MONTH)
        ):
            return None
        if text[starts[i] : ends[i]].isupper() and ends[i] - starts[i] > 1:
            return None
        return Span(starts[i], ends[last], "institution")

    def _cued(self, tokens: Tokens, i: int) -> Span | None:
        """Return the place or employer after the words that announce one: lives in X, works at X."""
        text, bits, starts, ends, lower = tokens.text, tokens.bits, tokens.starts, tokens.ends, tokens.lower
        start = starts[i]
        p = text.rfind(" ", max(0, start - 16), start - 1)
        q = text.rfind("\n", max(0, start - 16), start - 1)
        word = text[max(p, q) + 1 : start - 1].lower()
        is_city, is_employer = word in self.cue_last, word in self.employer_last
        if not is_city and not is_employer and word not in ("at", "works", "lives", "@", "from", "to"):
            return None
        bit = bits[i]
        if tokens.caseless:
            return None
        if word == "lives" and not bit & (STATE | MONTH | STOP) and text[starts[i] + 1 : starts[i] + 2].islower():
            return Span(start, ends[i], "city")
        if word in ("from", "to") and not is_city and not is_employer:
            return self._short_name(tokens, i)
        if word in ("at", "works", "@") and not (is_employer and self.employer.search(text, start - 32, start)):
            return self._all_of_words(tokens, i, word)
        if is_employer and self.employer.search(text, start - 32, start):
            last = i
            while (
                last + 1 < len(starts)
                and last - i < 5
                and re.fullmatch(
                    r"[ ]|\s(?:of|and|&|for|the)\s|['’]s?[ ]|\.[ ]|-", text[ends[last] : starts[last + 1]]
                )
                and not bits[last + 1] & MONTH
            ):
                if bits[last + 1] & STOP and lower[last + 1] not in self.generic:
                    break
                if text[ends[last] : starts[last + 1]] == ". " and lower[last].rstrip(".") not in ("st", "mt", "dr"):
                    break
                last += 1
            own = [j for j in range(i, last + 1) if lower[j] not in self.generic]
            if own and not (
                last == i
                and (
                    (bit & COMMON and not bit & NAME)
                    or bit & STATE
                    or (text[start : ends[i]].isupper() and ends[i] - start <= 4 and not word.endswith(":"))
                )
            ):
                if (bit & CITY and last == i) or lower[i] in self.states:
                    return None if lower[i] in self.states else Span(start, ends[last], "city")
                return Span(start, ends[last], "institution")
        if is_city and self.city_cue.search(text, start - 32, start):
            if bit & (STATE | MONTH) or (text[start : ends[i]].isupper() and bit & COMMON):
                return None
            if lower[i] in self.generic and text[ends[i] : ends[i] + 1] not in (".", ",", "?"):
                return None
            last = i
            while (
                last + 1 < len(starts)
                and last - i < 3
                and text[ends[last] : starts[last + 1]] in (" ", ". ", "-")
                and not bits[last + 1] & (STOP | MONTH)
            ):
                if text[ends[last] : starts[last + 1]] == ". " and lower[last].rstrip(".") not in ("st", "mt", "ft"):
                    break
                last += 1
            phrase = text[start : ends[last]].lower()
            if phrase in self.two_word_states or (lower[last] in self.states and last == i):
                return None
            if text[start : ends[i]].isupper() and ends[i] - start <= 4:
                return None
            return Span(start, ends[last], "city")
        return None
