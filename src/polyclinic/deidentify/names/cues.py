"""The words and patterns that stand before, behind and between names that no label announces."""

from __future__ import annotations

import re

from polyclinic.deidentify.language import words_of
from polyclinic.deidentify.lexicon import (
    CREDENTIAL,
    EPONYM,
    INSTITUTION,
    MONTH,
    SOFT_TITLE,
    STATE,
    STOP,
    STREET,
    SUFFIX,
    TITLE,
    WORD,
)
from polyclinic.deidentify.places.businesses import BUSINESSES

# What is known of a word: no name; in no list, but formed like a word; a name or a word; nothing; a name
SAFE, SHAPED, EITHER, UNKNOWN, SURE = range(5)
NOT_NAMES_ALONE = (
    WORD | EPONYM | STOP | STATE | MONTH | CREDENTIAL | TITLE | SOFT_TITLE | INSTITUTION | STREET | SUFFIX
)
# Mc, O', Al-: capitals inside of a name
NAME_SHAPE = re.compile(
    r"(?:(?:Ma?c|O['’`]?|D['’`]|L['’`]|De|Di|Du|La|Le|Van|Von|Fitz|St|Al|El|Abu|Ben|Bin|Des|Del|San|Ó)[-'’]?)?"
    r"[^\W\d_A-Z]?[A-ZÀ-ÞĀ-Ž]?[^\W\d_A-Z]+(?:[-'’][^\W\d_]?[^\W\d_A-Z]+)*"
)
VOWEL = re.compile(r"[aeiouyà-öø-ɏḀ-ỿ]", re.IGNORECASE)
DOSE = re.compile(
    r"\s?(?:\d[\d.,/-]*\s?(?:mg|mcg|g|ml|units?|iu|%|tab|caps?|puffs?|meq|cc|fr|french|mm|cm)\b|®|™|\d|"
    r"\s(?:prn|[bt]\.?i\.?d|qid|q[hd]s?|hs|odt|x[lr]|hfa|daily|nightly|weekly|monthly|tabs?|tablets?|capsules?|gel|cream|"
    r"ointment|inhaler|drops|patch|infusion|injections?)\b)",
    re.I,
)
DOSE_UNIT = re.compile(
    r"\s?(?:\d[\d.,/-]*\s?(?:mg|mcg|g|ml|units?|iu|%|tab|caps?|puffs?|meq|cc|fr|french|mm|cm|tid|bid|qd|qhs)\b|®|™)",
    re.I,
)
LAST_WORD = re.compile(r"([^\W\d_][\w'’/.-]*|[/+&@(])[ \t]*(?:,[ \t]|[(\"“])?(?<![:;])$")
COORDINATED = re.compile(
    r"(?:\s?(?:/|&|\+|,|;|->|→|\||and|y|or)\s?|\s(?:and|&|y|or|with|\+|/|->)\s|,\s(?:and|&)\s|\.\s?/\s?)"
)
BEFORE_THINGS_TOO = frozenset(words_of("by with w/ per via rn md np pa"))
# Right before a name, in a sentence.
BEFORE_NAMES = frozenset(
    words_of(
        "by with w/ per told asked ask tell called call paged notified updated informed texted messaged emailed "
        "thank "
        "thanks dear d/w c/w via named son daughter wife husband drs dr mr mrs ms miss rn cna md np pa lpn nurse "
        "doctor "
        "student fellow intern resident landlord roommate aide pastor chaplain attorney adjuster principal sponsor "
        "supervisor boss teacher friend friends kids children sons daughters brothers sisters cousin neighbor "
        "mother father mom mum dad grandma grandpa granny aunt uncle sister brother niece nephew comadre suegra "
        "promotora partner spouse girlfriend boyfriend fiance fiancee caregiver guardian signed cc attn accepts "
        "accepting labeled labelled surrogate rep representative contact nephrologist cardiologist surgeon "
        "hematologist rheumatologist therapist counselor interpreter witness tech medic officer deputy sgt capt "
        "detective"
    )
)
ROLE_BEHIND = re.compile(
    r"[\"'”’)]?(?:\s?\((?:\w+['’]s\s|\w+\s)?(?:wife|husband|son|daughter|mother|father|mom|mum|dad|sister|"
    r"brother|aunt|uncle|cousin|"
    r"niece|nephew|spouse|partner|friend|neighbou?r|fianc[eé]e?|caregiver|guardian|grand\w+|step\w+|md|do|rn|np|"
    r"pa|pa-c|"
    r"lpn|cna|cma|ma|rt|rrt|pt|ot|slp|sw|lcsw|msw|cm|fellow|resident|attg|attending|intern|pgy|ms[34]|pharm\w*|"
    r"scribe|"
    r"ortho|neuro|cards?|gi|id|renal|surg\w*|psych|pulm|onc|rad|son-in-law|daughter-in-law|self|pt|patient|"
    r"\d{1,2})\b|"
    r",?\s(?:\(|a |an |the )?(?:\d{1,3}[ -]?(?:y/?o|yr|year)|(?:his|her|the|my)\s(?:wife|husband|son|daughter|"
    r"mother|father|sister|"
    r"brother|partner|nurse|aide|caregiver)))",
    re.I,
)
VERB_BEHIND = re.compile(
    r",?\s(?:also\s|then\s|now\s|has\s|had\s|was\s|is\s|will\s|does\s|did\s|who\s)?(?:not\s)?(?:reports?|"
    r"reported|denies|denied|states?|stated|says|"
    r"said|wants?|wanted|agreed|agrees|understands?|understood|asked|asks|complains|complained|tells|told|thinks|"
    r"thought|feels|felt|lives|lived|works|worked|called|calls|spoke|requests|requested|consented|verbalized|"
    r"recommends?|recommended|concurs?|concurred|advised|suggested|here|seen|notified|informed|admitted|discharged|"
    r"transferred|followed by|aware|upset|updated|agreeable|accompanied|brought|presents|presented|followed)\b|"
    r",?\s(?:is|was)\s(?:an?\s)?\d"
)
PARTICLES = re.compile(
    r"(?:(?<=[\s,(/:;^\"])|^)(?:(?:van|von|der|den|de|del|della|di|da|dos|das|du|la|los|le|el|al|bin|ibn|bint|"
    r"abu|ter|ten|ben|zu|af|"
    r"st\.|Van|Von|De|Del|Da|Di|Du|La|Le|El|Al|Ter|Bin|Abu|Mac|Mc|St\.?|Ó|Ní|VAN|VON|DE|DEL|DA|DI|LA|LE|EL|AL|"
    r"ST\.?|Ó)[ -]){1,3}$"
)


BEFORE_WORDS_THAT_ARE_NAMES = frozenset(
    words_of(
        "daughter son wife husband sister brother mother father mom dad niece nephew grandson granddaughter dr "
        "mr mrs ms nurse rn by"
    )
)
SPEAKERS = frozenset(
    words_of(
        "adult agent aide assistant attendant baby boy boyfriend brother caller caregiver carer case chaplain "
        "child children clerk client clinician coach consultant counselor counsellor dad dentist dispatcher "
        "doc doctor dr examiner facilitator family father female friend girl girlfriend grandma grandpa group "
        "guardian guest host husband instructor intern interpreter interviewer kid leader male manager md "
        "member mom moderator mother mum narrator nurse officer operator paramedic parent parents partner "
        "patient pharmacist physician practitioner proctor professor provider psychiatrist psychologist pt "
        "receptionist representative resident respondent scribe sibling sister social son speaker specialist "
        "spouse staff student subject supervisor surgeon teacher technician teen therapist translator trainee "
        "triage unknown visitor voice wife witness woman worker"
    )
)
# Surnames that are small words: only beside a given name, or all of a field.
SMALL_SURNAMES = frozenset(words_of("sun do oh le ha ma ly yi hu vo"))
# What people have too: Sophia's cell, Ann's knee
OWNED = frozenset(
    words_of(
        "attack attacks body bodies breathing cell cells collar ear elbow eye finger foot hand hip hold knee "
        "level levels "
        "lung muscle nerve nodes pain position pressure procedure pump rash repair response seizure seizures "
        "shoulder skin spot step study tests test toe tube ulcer vision wound diet fracture medication "
        "exercises brace "
        "sling boot dressing monitor inventory questionnaire score scores operation surgery stage"
    )
)
NAME_ENDS = re.compile(r"\s?(?:[,.;)\n]|$)|\s(?:is an?|rn|md|np|cna|lpn|who|was|has|presents|here|thank)\b|['’]s\b")
FIRMS = BUSINESSES - frozenset(
    words_of(
        "care health surgery practice union press news society services oil gas power energy rest bar therapy "
        "tools supplies"
    )
)
# A label of one who does something, with a colon or a dash.
ROLE_LABEL = re.compile(
    r"(?:^|[\s(;|,/])(?:attg|attdg|attending|circ|circulator|scrub|tech|technician|crna|anesth|anesthesia|asst|"
    r"assist|assistant|fellow|nurse|rn|lpn|cna|md|"
    r"pa|np|sw|cm|pt|ot|rt|slp|pharm|pharmacist|dietitian|medic|emt|driver|crew|operator|typist|reader|reviewer|"
    r"author|informant|contact|poa|hcpoa|dpoa|nok|"
    r"guardian|sponsor|principal|teacher|caller|counselor|chaplain|interpreter|surgeon|surg|resident|intern|"
    r"student|provider|pcp|witness|recorder|signature|"
    r"consult|consultant|staff|aide|caregiver|spouse|partner|name|client|member)\)?\s?[:=–-]\s{0,3}$",
    re.IGNORECASE,
)
NO_RUN = TITLE | SOFT_TITLE | CREDENTIAL | MONTH | STATE | SUFFIX
RIGHT_BEFORE_NAMES = frozenset(words_of("by per ask told w/ dr dr. mr mrs ms"))
