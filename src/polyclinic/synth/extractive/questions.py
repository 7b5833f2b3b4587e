"""Question and answer: from definitions, from headings, and from what is asked in a dialogue."""

from __future__ import annotations

import re

from polyclinic.synth.extractive.passages import Passages, finish, question_subject

MOST_PAIRS = 6
MOST_WORDS = 60  # of an answer
# What a heading asks, with and without a topic; `{}` stands for the topic.
ASKED_OF_HEADINGS: tuple[tuple[str, str, str], ...] = (
    (r"(?:possible )?causes?|aetiology|etiology|pathophysiology", "What causes {}?", "What are the causes?"),
    (
        r"(?:signs and )?symptoms|clinical (?:features|presentation|manifestations)|presentation|features",
        "What are the signs of {}?",
        "What are the signs and symptoms?",
    ),
    (
        r"diagnosis|diagnostic\b.*|investigations?|tests?|evaluation",
        "How is {} diagnosed?",
        "How is the diagnosis made?",
    ),
    (
        r"treatments?|management|therapy|drug treatment|treatment objectives|intervention",
        "How is {} treated?",
        "What is the treatment?",
    ),
    (r"prevention", "How can {} be prevented?", "How can it be prevented?"),
    (r"complications", "What are the complications of {}?", "What are the complications?"),
    (r"outlook|prognosis|course", "What is the outlook of {}?", "What is the prognosis?"),
    (r"risk factors?|at risk|who is affected", "Who is at risk of {}?", "What are the risk factors?"),
    (
        r"differential diagnos[ei]s",
        "What is the differential diagnosis of {}?",
        "What is the differential diagnosis?",
    ),
    (
        r"definition|introduction|overview|background",
        "What should one know first about {}?",
        "What is the background?",
    ),
    (r"plan|plan and recommendations", "What is the plan?", "What is the plan?"),
    (r"assessment|impression|assessment and plan", "What is the assessment?", "What is the assessment?"),
    (r"chief complaint|cc|reason for visit", "What is the chief complaint?", "What is the chief complaint?"),
    (
        r"(?:history|hpi|history of present illness|genhx)",
        "What is the history?",
        "What is the history of the patient?",
    ),
    (r"pastmedicalhx|past medical history", "What is the past medical history?", "What is the past medical history?"),
    (
        r"pastsurgical|past surgical history",
        "Which operations has the patient had?",
        "Which operations has the patient had?",
    ),
    (
        r"fam/sochx|family history|social history",
        "What is the family and social history?",
        "What is the family and social history?",
    ),
    (r"allergy|allergies", "Which allergies does the patient have?", "Which allergies does the patient have?"),
    (
        r"medications?|current medications",
        "Which medications does the patient take?",
        "Which medications does the patient take?",
    ),
    (r"ros|review of systems", "What does the review of systems show?", "What does the review of systems show?"),
    (r"(?:physical )?exam(?:ination)?", "What does the examination show?", "What does the examination show?"),
    (r"labs|imaging", "What do the tests show?", "What do the tests show?"),
    (r"disposition|edcourse", "How did the visit end?", "How did the visit end?"),
    (
        r"objectives?|aims?|purpose|aim of the study",
        "What was the aim of the study?",
        "What was the aim of the study?",
    ),
    (
        r"(?:materials? and )?methods?(?:/design)?|study design|design|methods and findings|patients and methods",
        "How was the study done?",
        "How was the study done?",
    ),
    (r"results?|findings|main results", "What were the results?", "What were the results?"),
    (r"conclusions?|interpretation|discussion", "What is the conclusion?", "What is the conclusion?"),
    (r"recommendation (\d+)", "What does recommendation {number} say?", "What does recommendation {number} say?"),
    (r"scope", "Whom does the guideline on {} cover?", "Whom does this guideline cover?"),
    (r"monitoring|follow-up", "How is {} followed up?", "How is the patient followed up?"),
    (r"refer|referral", "When should a patient with {} be referred?", "When should the patient be referred?"),
    (r"safety|caution|precautions|contraindications", "What needs caution in {}?", "What needs caution?"),
)
_ASKED = tuple((re.compile(rf"(?:{p})$", re.I), with_topic, without) for p, with_topic, without in ASKED_OF_HEADINGS)
_LEFT_OUT = re.compile(
    r"learning outcomes|references|title|setting|trial registration|funding|keywords|figure|competing interests"
    r"|author.*|acknowledg.*|.*outcomes?$|critical thinking.*|key terms|review questions|chapter \d+|abbreviations",
    re.I,
)
_DEFINITION = re.compile(
    r"(?:(?:The|An?)\s+)?((?:[\w'’()/-]+\s+){0,5}?[\w'’()/-]+)\s+(is|are|refers? to|means?)\s+"
    r"(?:defined as\s+|also\s+)?(?:an?|the|any|one|inflammation|infection|[a-z]+(?:tion|itis|ing))\s",
)
_NOT_DEFINED = re.compile(
    r"(?:this|that|these|those|it|they|there|here|he|she|we|you|who|what|which|our|his|her|their|its|one|all|most|many|"
    r"some|each|other|such|if|when|in|on|at|for|by|with|as|from|to|of|and|or|but|note|study|aim|objective|purpose|"
    r"patient|background|conclusion|participants|results?)\b",
    re.I,
)
_SMALL_TALK = re.compile(
    r"how are you|how can i help|what brings you|is that (?:right|okay|correct)|nice to|^okay", re.I
)


def write_questions(passages: Passages) -> str:
    """Return up to six `Question: … Answer: …` pairs, or an empty text when nothing in the document asks for one."""
    pairs: dict[str, str] = {}
    numbers = sorted({s.section for s in passages.sentences})
    sections = {n: passages.section(n) for n in numbers}
    if passages.question and sections:
        pairs[passages.question] = _answer([text for n in numbers for text in sections[n]])
    for number in numbers:
        for text in sections[number][:3]:
            term = defined_term(text)
            if term and len(pairs) < MOST_PAIRS // 2:
                verb = "are" if _is_plural(text, term) else "is"
                pairs.setdefault(f"What {verb} {term}?", finish(text))
    for number in numbers:
        question = _question_of_heading(passages.headings[number], passages.topic)
        if question and len(pairs) < MOST_PAIRS:
            pairs.setdefault(question, _answer(sections[number]))
    if len(pairs) < MOST_PAIRS:
        for question, answer in _asked_in_dialogue(passages):
            pairs.setdefault(question, answer)
            if len(pairs) == MOST_PAIRS:
                break
    if not pairs and passages.sentences and passages.topic:
        pairs[f"What does the text say about {_in_sentence(passages.topic)}?"] = _answer(
            [s.text for s in passages.sentences[:3]]
        )
    return "\n\n".join(f"Question: {question}\nAnswer: {answer}" for question, answer in pairs.items() if answer)


def defined_term(sentence: str) -> str:
    """Return the term a sentence defines (`Asthma is a disease …` gives `asthma`), or an empty text."""
    found = _DEFINITION.match(sentence)
    if found is None or len(sentence.split()) < 6 or _NOT_DEFINED.match(found[1]) or len(found[1]) < 3:
        return ""
    term = found[1]
    if any(
        w.lower() in ("of", "in", "which", "that", "was", "were", "have", "has", "been") for w in term.split()[-1:]
    ):
        return ""
    if re.search(r"\b(?:which|that|who|when|because|was|were|have|has|and|or|for|to|patients|study)\b", term):
        return ""
    return _in_sentence(term)


def _question_of_heading(heading: str, topic: str) -> str:
    if not heading or _LEFT_OUT.match(heading):
        return ""
    # A heading may name its topic again: `Clinical features of trichomoniasis`.
    head = re.sub(rf"\s+(?:of|in|for)\s+{re.escape(topic)}$", "", heading, flags=re.I) if topic else heading
    for pattern, with_topic, without in _ASKED:
        found = pattern.match(head)
        if found:
            number = found[1] if found.groups() else ""
            usable = topic and topic.lower() != heading.lower() and len(topic.split()) <= 8 and ":" not in topic
            return (with_topic if usable else without).format(_in_sentence(topic), number=number)
    if heading.endswith("?"):
        return heading
    if heading.lower() == topic.lower() or len(heading.split()) < 2 and not topic:
        return ""
    about = f" on {_in_sentence(topic)}" if topic and len(topic.split()) <= 8 and ":" not in topic else ""
    return f"What does the text{about} say about {_in_sentence(heading)}?"


def _asked_in_dialogue(passages: Passages) -> list[tuple[str, str]]:
    pairs = []
    for asked, answered in zip(passages.turns, passages.turns[1:], strict=False):
        question = re.split(r"(?<=[.!?])\s+", asked.text)[-1]
        if not question.endswith("?") or _SMALL_TALK.search(question):
            continue
        if 4 <= len(question.split()) <= 30 and len(answered.text.split()) >= 3:
            pairs.append((finish(question), _answer(re.split(r"(?<=[.!?])\s+", answered.text))))
    return pairs


def _answer(sentences: list[str]) -> str:
    chosen: list[str] = []
    room = MOST_WORDS
    for text in sentences:
        length = len(text.split())
        if chosen and length > room:
            break
        if length > 3 * MOST_WORDS:
            text = " ".join(text.split()[:MOST_WORDS]) + " ..."
        chosen.append(finish(text))
        room -= length
    return " ".join(chosen)


def _is_plural(sentence: str, term: str) -> bool:
    return bool(re.match(rf"(?:(?:The|An?)\s+)?{re.escape(term)}\s+are\b", sentence, re.I))


def _in_sentence(term: str) -> str:
    """Return a term as it stands inside a sentence: without its capital, unless it is a name or an acronym."""
    if term and term[0].isupper() and term[1:].islower() and term.split()[0][-1:] != "s" and " " not in term:
        return term[0].lower() + term[1:]
    if term and term[0].isupper() and len(term.split()) > 1 and term[1:].islower():
        return term[0].lower() + term[1:]
    return term


__all__ = ["defined_term", "question_subject", "write_questions"]
