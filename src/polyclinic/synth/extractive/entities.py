"""Entities: medical-looking terms of a text, found by their endings, their head nouns, capitals and codes."""

from __future__ import annotations

import re

from polyclinic.synth.extractive.passages import GENERAL_HEADINGS, Passages
from polyclinic.synth.extractive.summary import STOP_WORDS

MOST_TERMS = 24
READ_CHARACTERS = 8_000
MOST_MODIFIERS = 2  # words before the head of a term
# Endings that few words outside medicine have.
ENDINGS = re.compile(
    r"(?:itis|osis|oses|aemia|emia|oma|omas|pathy|pathies|algia|ectomy|otomy|ostomy|oscopy|plasty|ography|uria|penia|"
    r"plegia|paresis|rrhea|rrhoea|pnea|pnoea|cardia|trophy|plasia|megaly|sclerosis|stenosis|cillin|mycin|floxacin|"
    r"olol|pril|sartan|statin|azole|azepam|formin|gliptin|gliflozin|dipine|thiazide|caine|vir|mab|tinib|prazole|"
    r"cyclovir|oxone|olone|isone|amide|virus|coccus|bacter|bacteria|cyte|cytes|globulin|globin|kinase|ase)$"
)
# Words that are the head of a medical term.
HEADS = frozenset(
    "abscess ache allergy anaemia anemia angina antibiotic antibiotics antibody artery asthma bleeding breathlessness "
    "cancer carcinoma cell cells cholesterol cirrhosis complication complications constipation cough deficiency "
    "delivery dementia depression diabetes dialysis diarrhea diarrhoea disease diseases disorder disorders dose drug "
    "drugs dysfunction dysuria eczema effusion embolism enzyme epilepsy failure fever fibrillation fistula fracture "
    "gene genes glucose haemorrhage headache heart hemorrhage hepatitis hernia hormone hypertension infarction "
    "infection infections inflammation injury injuries insulin ischemia itching jaundice kidney lesion lesions liver "
    "lung mellitus muscle mutation mutations nausea nerve obesity obstruction oedema edema pain palsy paralysis "
    "pneumonia pregnancy pressure protein rash receptor seizure seizures sepsis shock stroke sugar surgery swelling "
    "symptoms syndrome syndromes tablet tablets therapy thrombosis tissue toxicity transplant trauma treatment tumor "
    "tumors tumour tumours ulcer ulcers ultrasound urine vaccine vaccination vein vertigo vomiting weight wound".split()
)
# Heads that say nothing alone.
NEED_A_MODIFIER = frozenset(
    "cell cells complication complications delivery disease diseases disorder disorders dose drug drugs dysfunction "
    "failure gene genes heart injury injuries lesion lesions mutation mutations obstruction pressure protein receptor "
    "sugar syndrome syndromes symptoms therapy tissue tablet tablets treatment weight".split()
)
NO_MODIFIERS = STOP_WORDS | frozenset(
    "active affect affects affected age aged associated bad based better became become becomes called caused causes "
    "causing certain common commonly considered contain contains days develop developed different due early either "
    "especially exclude experience feel feels few first following found frequently general give good great having "
    "help helps high higher history identified impact important include included includes including increase "
    "increased increases involved later lead leads least little long low lower main mean months new next no non "
    "number occur occurs old other part patient patients people person possible prevent previous prior produce "
    "receive received reduce reduced reduces related relevant report reported require risk second severe several "
    "show showed shown similar small specific study suffer suspected three time total treat treated types unless "
    "various versus via weeks worse year years".split()
)
_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9'’/-]*[A-Za-z0-9]|[A-Za-z]|[0-9]+(?:\.[0-9]+)?|[.,;:!?()\[\]|•]")
_CODE = re.compile(r"\b[A-TV-Z][0-9][0-9A-Z](?:\.[0-9A-Z]{1,4})\b")
_ACRONYM = re.compile(r"(?:[A-Z][A-Za-z]?[A-Z0-9][A-Za-z0-9-]{0,6}|HbA1c|pH)$")
_NOT_ACRONYM = frozenset("II III IV OR AND NOT THE OF IN TO NO CI SD ID BY AN AT IS IT PARTICIPANTS".split())


def list_entities(passages: Passages) -> str:
    """Return the medical terms of a document, one a line after a dash, in the order they appear; empty when none."""
    text = "\n".join([passages.topic, *(s.text for s in passages.sentences), *(t.text for t in passages.turns)])[
        :READ_CHARACTERS
    ]
    terms = find_terms(text)
    # The title is the surest term, unless it is a sentence or names a part of a text.
    topic = passages.topic
    if topic and len(topic.split()) <= 6 and ":" not in topic and topic.lower() not in GENERAL_HEADINGS:
        terms = [topic, *(t for t in terms if t.lower() != topic.lower())]
    return "\n".join(f"- {term}" for term in terms[:MOST_TERMS])


def find_terms(text: str) -> list[str]:
    """Return the medical-looking terms of a text, each once, in the order they appear and as they are written."""
    found: dict[str, str] = {}
    for code in _CODE.findall(text):
        found.setdefault(code.lower(), code)
    for line in text.split("\n"):
        tokens = _TOKEN.findall(line)
        plain = [t.lower() for t in tokens]
        for i, word in enumerate(plain):
            if _is_acronym(tokens[i], line):
                found.setdefault(word, tokens[i])
                continue
            if word not in HEADS and not (len(word) > 6 and ENDINGS.search(word)):
                continue
            if i + 1 < len(plain) and plain[i + 1] in HEADS:
                continue  # the head of this term comes next
            first = i
            while first and i - first < MOST_MODIFIERS and _modifies(tokens[first - 1], plain[first - 1]):
                first -= 1
            if first == i and word in NEED_A_MODIFIER:
                continue
            term = " ".join(tokens[first : i + 1])
            found.setdefault(term.lower(), term)
    return list(found.values())


def _modifies(token: str, plain: str) -> bool:
    if len(plain) < 3 or not plain[0].isalpha() or plain in NO_MODIFIERS or plain.endswith(("ly", "'s")):
        return False
    return not (plain.endswith("ing") and token[0].islower())


def _is_acronym(token: str, line: str) -> bool:
    return (
        2 <= len(token) <= 8
        and token not in _NOT_ACRONYM
        and bool(_ACRONYM.match(token))
        and not line.isupper()
        and not token.isdigit()
    )
