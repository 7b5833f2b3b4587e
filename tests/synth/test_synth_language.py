from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.synth.language import language_problem

TEXTS = {
    "en": "The patient was admitted with chest pain and treated with aspirin; he is to be seen again in a week.",
    "de": "Der Patient wurde mit Brustschmerzen aufgenommen und mit Aspirin behandelt; das ist die Kontrolle.",
    "fr": "Les douleurs sont dues au coeur, et une visite est prévue avec des examens pour le patient dans un mois.",
    "es": "El paciente ingresó por dolor en el pecho y se trató con aspirina; se le verá de nuevo en una semana.",
    "it": "Il dolore al petto del paziente non è di origine cardiaca, e gli esami non sono stati ripetuti nel mese.",
    "nl": "De patiënt werd opgenomen met pijn op de borst en is behandeld met aspirine; dat is niet van belang.",
    "ru": "Пациент поступил с болью в груди и получал аспирин; контроль через неделю, дозировка 100 mg.",
    "zh": "患者因胸痛入院,给予阿司匹林 100 mg 治疗,一周后门诊复诊,无其他不适。",
    "ja": "患者は胸痛で入院し、アスピリン 100 mg で治療された。一週間後に再診。",
    "ko": "환자는 흉통으로 입원하여 아스피린 치료를 받았으며 일주일 후 재진 예정이다.",
    "ar": "دخل المريض إلى المستشفى بسبب ألم في الصدر وعولج بالأسبرين",
}


@pytest.mark.parametrize("expected", TEXTS)
@pytest.mark.parametrize("actual", TEXTS)
def test_a_text_passes_as_its_own_language_and_no_other(expected: str, actual: str) -> None:
    problem = language_problem(TEXTS[actual], expected)
    if expected == actual:
        assert problem == ""
    else:
        assert problem.startswith(f"another language: expected {expected}")


def test_english_is_seen_where_nothing_is_known_of_the_language() -> None:
    assert language_problem(TEXTS["en"], "pl") == "another language: expected pl, this looks like en"
    assert language_problem("Pacjent został przyjęty z bólem w klatce piersiowej i leczony aspiryną.", "pl") == ""


@pytest.mark.parametrize("text", ["", "- diabetes mellitus\n- angina pectoris", "E11.9", "42 mg", "Ménière de la"])
def test_what_is_too_short_to_tell_passes(text: str) -> None:
    for language in ("en", "de", "zh", "", "pl"):
        assert language_problem(text, language) == ""


def test_latin_terms_and_names_do_no_harm() -> None:
    assert (
        language_problem("The patient of Dr de la Cruz has lupus erythematosus, per os in vitro et al.", "en") == ""
    )


@given(st.text(max_size=200), st.sampled_from(["en", "de", "zh", "ar", "pl", "sr", "en-GB"]))
def test_any_text_gets_an_answer(text: str, language: str) -> None:
    assert isinstance(language_problem(text, language), str)
