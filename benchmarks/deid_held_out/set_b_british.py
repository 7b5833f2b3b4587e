"""American words of the templates as British notes have them."""

from __future__ import annotations

_BRITISH = {
    "acetaminophen": "paracetamol", "Acetaminophen": "Paracetamol", "Tylenol": "paracetamol",
    "albuterol": "salbutamol", "911": "999", " ED": " A&E", "hemoglobin": "haemoglobin", "Hgb": "Hb",
    "edema": "oedema", "diarrhea": "diarrhoea", "tumor": "tumour", "anesthesia": "anaesthesia",
    "Anesthesia": "Anaesthesia", "Life Flight": "air ambulance", "state police": "police",
    "counseling": "counselling", "mom ": "mum ", "color": "colour", "pediatric": "paediatric",
    "ischemi": "ischaemi", "anemia": "anaemia", "hemorrhage": "haemorrhage", "Officer": "PC",
    "the copay": "the cost", "esophag": "oesophag", "Esophag": "Oesophag",
    "Driver's license": "Driving licence", "cesarean": "caesarean", "pediatrics": "paediatrics",
    "Pediatrics": "Paediatrics",
}  # fmt: skip


def in_british(template: str) -> str:
    """Put British words in a template; slots stay."""
    for american, british in _BRITISH.items():
        template = template.replace(american, british)
    return template
