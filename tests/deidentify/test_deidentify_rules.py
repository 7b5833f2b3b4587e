"""The rule layer: what it finds in the ways clinical text is written, and what of medicine it leaves alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.deidentify import TYPES, load_rules

RULES = load_rules("en")


def found(text: str) -> list[tuple[str, str]]:
    return [(text[s.start : s.end], s.type) for s in RULES.find(text)]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Seen 03/04/2024 in clinic.", "03/04/2024"),
        ("Seen 2024-03-04 in clinic.", "2024-03-04"),
        ("Admitted 4.3.2024.", "4.3.2024"),
        ("Note of 04-Mar-24.", "04-Mar-24"),
        ("Seen on 14 March 2024.", "14 March 2024"),
        ("Seen on March 14th, 2024.", "March 14th, 2024"),
        ("Seen on the 14th of March.", "the 14th of March"),
        ("seen on march fourteenth, two thousand twenty four by us", "march fourteenth, two thousand twenty four"),
        ("Since September 2023 he coughs.", "September 2023"),
        ("Stable since May.", "May"),
        ("Next visit on 3/14.", "3/14"),
        ("Course 3/14-3/18/2024 uneventful.", "3/14-3/18/2024"),
        ("Onset Sept. '19 per patient.", "Sept. '19"),
        ("Fell on Christmas Eve.", "Christmas Eve"),
        ("STAMP 20240314 END", "20240314"),
        ("Last seen 03/2019.", "03/2019"),
        ("Follow up on the 21st, please.", "the 21st"),
    ],
)
def test_dates_are_found_as_they_are_written(text: str, date: str) -> None:
    assert (date, "date") in found(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Patient Name: SMITH, JOHN A.", "SMITH, JOHN A."),
        ("Mr. O'Brien-Hayes was seen.", "O'Brien-Hayes"),
        ("Discussed with Dr. Qvistgaard today.", "Qvistgaard"),
        ("Electronically signed by: Xiulan Ferrando, MD", "Xiulan Ferrando"),
        ("His wife Maria agreed.", "Maria"),
        ("J.R. Okafor, RN gave the dose.", "J.R. Okafor"),
        ("cc: Raj Patel MD", "Raj Patel"),
        ("mr rice oob to chair", "rice"),
        ("[doctor] hi , martha , how are you ? [patient] i am fine , thanks , doctor", "martha"),
        ("Name: Winter, Ada\nAge: 40", "Winter, Ada"),
        ("PID|1||77^^^MRN||WEBB^FRANK||19740324|M", "WEBB^FRANK"),
        ("Plan as above.\n\nJRS/mt\nD: 03/04/2024", "JRS/mt"),
        ("Ms. Bell agreed.", "Bell"),
        ("Seen by Nguyen Thi Lan in clinic.", "Nguyen Thi Lan"),
    ],
)
def test_names_are_found_by_context_and_by_lists(text: str, name: str) -> None:
    assert (name, "name") in found(text)


def test_a_name_that_was_found_is_found_again_alone() -> None:
    assert found("Ms. Young coughs. We told Young to rest.")[1] == ("Young", "name")


@pytest.mark.parametrize(
    ("text", "what", "kind"),
    [
        ("Call (617) 555-1234 x22 with questions.", "(617) 555-1234 x22", "phone"),
        ("Fax: 617.555.9876", "617.555.9876", "fax"),
        ("pager 3-1234", "3-1234", "phone"),
        ("Ring +44 20 7946 0958.", "+44 20 7946 0958", "phone"),
        ("it's five five five one two three four now", "five five five one two three four", "phone"),
        ("SSN 123-45-6789", "123-45-6789", "ssn"),
        ("SSN: xxx-xx-6789", "xxx-xx-6789", "ssn"),
        ("MRN: 00123456", "00123456", "mrn"),
        ("NHS number 943 476 5919", "943 476 5919", "mrn"),
        ("Accession #: S19-12345", "S19-12345", "other_id"),
        ("Policy number XYZ123456789", "XYZ123456789", "health_plan"),
        ("Medicare 1EG4-TE5-MK73", "1EG4-TE5-MK73", "health_plan"),
        ("Acct: 8832217", "8832217", "account"),
        ("NPI 1234567890", "1234567890", "license"),
        ("VIN 1HGCM82633A004352", "1HGCM82633A004352", "vehicle"),
        ("car TN plate EJB 3815 in lot", "EJB 3815", "vehicle"),
        ("Serial no. PM-8837-AA", "PM-8837-AA", "device"),
        ("Write to j.doe+x@mail.example.com.", "j.doe+x@mail.example.com", "email"),
        ("See https://portal.example.com/p/17.", "https://portal.example.com/p/17", "url"),
        ("from 10.2.3.44 today", "10.2.3.44", "ip"),
        ("Photo wound_left_03.jpg attached", "wound_left_03.jpg", "photo"),
        ("She is a 94 y.o. woman", "94", "age"),
        ("a ninety-two year old man", "ninety-two", "age"),
        ("He lives at 12 Elm St, Apt 4B.", "12 Elm St, Apt 4B", "address"),
        ("Mail to P.O. Box 1234.", "P.O. Box 1234", "address"),
        ("lives in Fall River, MA 02720", "Fall River", "city"),
        ("Fall River, MA 02720", "02720", "zip"),
        ("admitted from Sunny Acres Nursing Home", "Sunny Acres Nursing Home", "institution"),
        ("MERCY HOSPITAL OF COLUMBIA\nDISCHARGE SUMMARY", "MERCY HOSPITAL OF COLUMBIA", "institution"),
        ("She works at Walmart.", "Walmart", "institution"),
    ],
)
def test_numbers_places_and_institutions_are_found(text: str, what: str, kind: str) -> None:
    assert (what, kind) in found(text)


@pytest.mark.parametrize(
    ("text", "what", "kind"),
    [
        ("Seen 0 3 / 0 4 / 2 0 1 9 here.", "0 3 / 0 4 / 2 0 1 9", "date"),
        ("DOB 03 04 1961", "03 04 1961", "date"),
        ("seen three slash four slash nineteen", "three slash four slash nineteen", "date"),
        ("PT sessions 3/4, 3/11, 3/18", "3/4", "date"),
        ("CXR (3/12) clear", "3/12", "date"),
        ("in the fall of 2018 he", "the fall of 2018", "date"),
        ("on the fifth, she", "the fifth", "date"),
        ("MRN\n4452", "4452", "mrn"),
        ("MRN | DOB | SSN\n4455 | 3/4/61 | 6789", "4455", "mrn"),
        ("455211 (MRN)", "455211", "mrn"),
        ("record number is one twenty three forty five", "one twenty three forty five", "mrn"),
        ("SSN •••-••-6789", "6789", "ssn"),
        ("Member ID 1EG4 TE5 MK72", "1EG4 TE5 MK72", "health_plan"),
        ("DL: CA D1234567", "CA D1234567", "license"),
        ("plate BD51 SMR", "BD51 SMR", "vehicle"),
        ("UDI (01)00643169001763(17)250131", "(01)00643169001763(17)250131", "device"),
        ("fingerprint template 9f8e7d6c5b4a", "9f8e7d6c5b4a", "biometric"),
        ("call 1-800-FLOWERS", "1-800-FLOWERS", "phone"),
        ("617-555-1234 (fax)", "617-555-1234", "fax"),
        ("F/97 admitted", "97", "age"),
        ("she is ninety-four.", "ninety-four", "age"),
        ("Springfield 01101", "01101", "zip"),
    ],
)
def test_numbers_are_found_in_styles_without_a_rule_of_their_own(text: str, what: str, kind: str) -> None:
    assert (what, kind) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "She rates her pain as 7/10, 3/10 with medication, and 10/10 at worst.",
        "Nitrofurantoin for 3/7. Last STD screen 6/12 ago. AKI 2/2 sepsis.",
        "One 1800-calorie diet; WBC 12500; SBP in the 90s; in the 1990s; 90 mg; sat is 94% on room air.",
        "Percocet 5/325, Novolin 70/30, L4-5, T2-weighted, CA-125, 4-0 Vicryl.",
    ],
)
def test_what_is_measured_is_no_date_and_no_identifier(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Parkinson's disease, Crohn's disease, Hodgkin lymphoma and Bell's palsy in 2012.",
        "Foley catheter in place. Babinski negative. Murphy's sign absent. Stevens-Johnson syndrome.",
        "Glasgow Coma Scale 15, Apgar 8 and 9, Wells score 3, Mallampati II.",
        "BP 120/80, HR 72, T 98.6 F, SpO2 94% on 2 L, BMI 31.2.",
        "Strength 5/5 throughout, 3/6 systolic murmur, pain 7/10, vision 20/20.",
        "Lisinopril 40 mg daily, Lasix 20 mg, Tylenol as needed, 1/2 tablet at bedtime.",
        "WBC 12.3, Hgb A1c 7.2, platelets 250, INR 2.5, eGFR 58, COVID-19 negative.",
        "71-year-old man, smoked 1 pack a day for 30 years; quit in 1999.",
        "L4-5 disc, T12 fracture, C5/6 stenosis, S1 nerve root.",
        "ICD-10 E11.65, CPT 99213, NCT01234567.",
        "The patient may march in place. Will follow. Mark the site.",
        "Seen in the Primary Care Clinic and the Emergency Department.",
        "He moved here from Texas and served in Vietnam.",
        "3/7 hx of diarrhea. x6/day. Ratio 1:1000.",
    ],
)
def test_clinical_content_is_left_alone(text: str) -> None:
    assert found(text) == []


@settings(max_examples=60)
@given(st.text(max_size=300))
def test_spans_are_in_order_and_inside_of_any_text(text: str) -> None:
    place = 0
    for span in RULES.find(text):
        assert place <= span.start < span.end <= len(text)
        assert span.type in TYPES
        place = span.end


@settings(max_examples=40)
@given(
    st.lists(
        st.sampled_from(
            ["Dr. ", "Smith", "3/14", "\n", "MRN: ", "0012345", ", ", "(617)", "555-1234", "@", "^", "İ", "’s "]
        )
    )
)
def test_pieces_in_any_order_do_no_harm(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert all(text[s.start : s.end] for s in RULES.find(text))


def test_the_types_are_those_of_labelled_notes() -> None:
    from polyclinic.corpus.invented_notes.identifiers import IDENTIFIERS

    assert set(TYPES) == set(IDENTIFIERS)
