"""Institutions by the kind of business that ends their name, and those of texts in one case, by the words before."""

from __future__ import annotations

import re

from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.lexicon import CITY, COMMON, FAMILY, GIVEN, INSTITUTION, MONTH, NAME, STATE, STOP
from polyclinic.deidentify.spans import Span
from polyclinic.deidentify.tokens import Tokens

# With these a name of two words or more ends that names an institution.
BUSINESSES = frozenset(
    words_of(
        "imaging radiology dental dentistry drug drugs apothecary chemist chemists drugstore pathology "
        "diagnostics ophthalmology "
        "optometry optical gastroenterology nephrology rheumatology endocrinology pulmonology psychiatry "
        "surgeons podiatry "
        "obstetrics gynecology anesthesia physiotherapy "
        "roofing plumbing bakery diner cafe café restaurant grill pizza pizzeria bistro tavern pub bar coffee "
        "textiles software trucking logistics "
        "foods motors manufacturing construction contractors builders bank bancorp hardware farms farm dairy "
        "ranch steel metals mills "
        "lumber mining quarry consulting agency insurance mutual casualty realty properties church temple parish "
        "chapel cathedral mosque synagogue "
        "ministries library district supermarket market markets grocery grocers brewery winery distillery hotel "
        "inn motel suites resort casino airlines airways airport electric "
        "electronics energy power gas oil petroleum chemical chemicals plastics packaging paper printing press "
        "publishing news corporation "
        "incorporated inc corp llc llp ltd plc gmbh company co associates partners group holdings enterprises "
        "industries "
        "systems solutions technologies networks telecom wireless communications media studios productions "
        "entertainment theatre theater "
        "cinema museum zoo gym fitness salon spa barbershop cleaners laundry nursery florist landscaping "
        "landscape automotive auto tire "
        "tires garage collision towing transit transport transportation shipping freight express courier "
        "warehouse distribution distributors wholesale "
        "supply supplies tools equipment rentals rental leasing storage moving aviation aerospace defense "
        "shipyard shipbuilding marine boats "
        "elementary kindergarten preschool daycare montessori seminary institute conservatory polytechnic tech "
        "ambulance ems precinct barracks penitentiary prison jail courthouse mission shelter foundation society "
        "union ymca ywca "
        "villas estates commons towers apartments condominiums terrace residence residences hospice homecare "
        "caregivers staffing services "
        "center centre health healthcare wellness care practice physicians specialists therapy clinic clinics "
        "hospital"
    )
)
# What says little of an institution's own name, so that one word of ordinary English before it is not enough.
_WEAK = frozenset(
    words_of(
        "center centre health healthcare wellness care practice physicians specialists therapy group services "
        "systems solutions "
        "company co institute society union district station power gas oil market press news paper tech commons "
        "terrace "
        "partners associates drug drugs pathology radiology imaging anesthesia surgeons dental podiatry bar "
        "union equipment supply supplies tools express "
        "residence insurance foundation mission shelter auto bank farm church temple library hotel gym coffee "
        "hospice residence clinic "
        "clinics hospital electric diagnostics ophthalmology optometry gastroenterology nephrology rheumatology "
        "endocrinology pulmonology "
        "psychiatry obstetrics gynecology physiotherapy tires tire moving storage union care distribution "
        "transport transportation company media network networks marine "
        "airport jail prison nursery school farms construction manufacturing restaurant cafe laundry elementary "
        "preschool kindergarten daycare "
        "software trucking roofing plumbing"
    )
)
_BEFORE = frozenset(
    words_of(
        "at from to of by in via with for works attends attended thru through near pharmacy facility is @ "
        "employer joined called contacted "
        "outside per and"
    )
)
_NOT_OWN = frozenset(
    words_of(
        "the a an our your his her their my this that any some another other each every no same local nearby "
        "outside new old large small big "
        "good great best main whole further more less proper full free public private state city county "
        "which what whose its on off up down out over under into onto and or but not be was were been being are "
        "am has have had "
        "go going went come came get got getting take took taken give gave see saw seen call called had back "
        "home work working"
    )
)
# Parts of a name with a capital, though they do not make one.
_ADJECTIVES = frozenset(
    words_of("new old large small big good great best main full public private city county free state home work well")
)
_NOT_IN_ONE_CASE = frozenset(
    words_of("surgery foods health care energy power electric oil gas press bar services supplies tools")
)
_LINK = re.compile(r" |-| & | of | of the | and |['’]s? |\. ")


class Businesses:
    """What ends and what surrounds the names of institutions."""

    generic: frozenset[str]
    openers: frozenset[str]

    def _business(self, tokens: Tokens, i: int) -> Span | None:
        """Return the name that ends with the kind of business that is token `i`: Dean Roofing."""
        text, starts, ends, lower, bits = tokens.text, tokens.starts, tokens.ends, tokens.lower, tokens.bits
        if not text[starts[i]].isupper():
            return None
        upper = text[starts[i] : ends[i]].isupper() and ends[i] - starts[i] > 3
        first = i
        own, strong = 0, False
        while first and i - first < 5:
            j = first - 1
            gap = text[ends[j] : starts[first]]
            if not _LINK.fullmatch(gap) or (gap == ". " and ends[j] - starts[j] > 3):
                break
            word, bit = lower[j], bits[j]
            if upper != (text[starts[j] : ends[j]].isupper() and ends[j] - starts[j] > 3) and ends[j] - starts[j] > 3:
                break
            if (
                (bit & STOP and word not in self.generic and word not in self.openers and word not in _ADJECTIVES)
                or (word in _NOT_OWN and word not in _ADJECTIVES)
                or (bit & MONTH and not bit & NAME)
            ):
                break
            first = j
            if word in self.generic or word in BUSINESSES or word in _ADJECTIVES:
                continue
            own += 1
            strong = (
                strong or bool(bit & (NAME | CITY | STATE) and not (bit & COMMON)) or not bit or word in self.openers
            )
        while first < i and (
            (lower[first] in _NOT_OWN and (lower[first] not in _ADJECTIVES or self._starts_line(text, starts[first])))
            or (lower[first] in self.generic and lower[first] not in self.openers and lower[first] not in _ADJECTIVES)
        ):
            first += 1
        if not own or first == i or (upper and not strong):
            return None
        if lower[i] in _WEAK and not strong and own < 2:
            return None
        if own == 1 and not strong and self._starts_line(text, starts[first]):
            return None
        if text[ends[i] : ends[i] + 1] == ":":
            return None
        # John Bank was seen: a given name with a family name, no more
        if first == i - 1 and bits[first] & GIVEN and bits[i] & FAMILY and not bits[i] & INSTITUTION:
            return None
        return Span(starts[first], self._end_of_business(tokens, i), "institution")

    def _end_of_business(self, tokens: Tokens, i: int) -> int:
        """Return where a name ends that goes on with further kinds: Dean Roofing Company, Inc."""
        last = i
        while last + 1 < len(tokens.starts) and tokens.lower[last + 1].rstrip(".") in BUSINESSES:
            gap = tokens.text[tokens.ends[last] : tokens.starts[last + 1]]
            if gap not in (" ", ", ", " & ", " and "):
                break
            last += 1
        return tokens.ends[last]

    def _in_one_case(self, tokens: Tokens, i: int) -> Span | None:
        """Return the name that ends with token `i` of a text in one case, after a preposition or in its own field."""
        text, starts, ends, lower, bits = tokens.text, tokens.starts, tokens.ends, tokens.lower, tokens.bits
        if (not tokens.caseless and not text[starts[i] : ends[i]].isupper()) or lower[i] in _NOT_IN_ONE_CASE:
            return None
        first = i
        own, strong = 0, False
        while first and i - first < 5:
            j = first - 1
            gap = text[ends[j] : starts[first]]
            if gap not in (" ", "-", ". ", " & ", "'s ") or lower[j] in _BEFORE:
                break
            word, bit = lower[j], bits[j]
            if (
                (bit & STOP and word not in self.generic and word not in self.openers and word not in ("well",))
                or word in _NOT_OWN
                or bit & MONTH
            ):
                return None if word in _NOT_OWN and not strong else self._bounded(tokens, first, i, own, strong)
            first = j
            if word not in self.generic and word not in BUSINESSES:
                own += 1
                strong = strong or not bit or (bool(bit & (NAME | CITY)) and not bit & COMMON) or word in self.openers
        return self._bounded(tokens, first, i, own, strong)

    def _bounded(self, tokens: Tokens, first: int, i: int, own: int, strong: bool) -> Span | None:
        text, start, end = tokens.text, tokens.starts[first], tokens.ends[i]
        if not own or first == i:
            return None
        before, after = text[start - 1 : start], text[end : end + 1]
        field = before in ("|", "^", "\t", "") and after in ("|", "^", "\t", "\n", "")
        word = text[max(0, start - 14) : start].rstrip()
        near = word.lower().split()[-1:] if before == " " and "\n" not in word[-1:] else []
        if field or (near and near[0].strip("(") in _BEFORE and (strong or own > 1 or tokens.lower[i] not in _WEAK)):
            return Span(start, self._end_of_business(tokens, i), "institution")
        return None

    @staticmethod
    def _starts_line(text: str, start: int) -> bool:
        before = text[max(0, start - 3) : start].rstrip(" ")
        return not before or before[-1] in ".:\n•-"
