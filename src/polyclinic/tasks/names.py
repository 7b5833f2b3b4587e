"""Names that every task shares: the 19 categories and 5 domains of MedS-Ins, languages, suites.

Source: Wu et al., npj Digital Medicine 2025;8:58 (MedS-Ins); ISO 639 for languages.
"""

from __future__ import annotations

CATEGORIES = (
    "Clinical Outcome Prediction",
    "Diagnosis",
    "Question Answering",
    "Text Summarization",
    "Text Completion",
    "Explanation",
    "Text Classification",
    "Text Retrieval",
    "Information Extraction",
    "Dialogue",
    "Named Entity Recognition",
    "Treatment Planning",
    "Sentence Composition Analysis",
    "Natural Language Inference",
    "Translation",
    "Word Relation Classification",
    "Intent Identification",
    "Fact Verification",
    "Wrong Candidate Generation",
)
DOMAINS = ("Medical knowledge bases", "Clinical texts", "Academic papers", "Exams", "Daily conversations")
SUITES = ("clue", "clue+", "meds-bench", "meds-ins", "medcare")  # published ones; a task may name others
LANGUAGES = {
    "ar": "Arabic",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "hi": "Hindi",
    "hu": "Hungarian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}
