"""What was published of MedS-Ins and MedS-Bench, as shares in per cent: what a build's own shares stand beside.

Domains as printed and categories as recovered from the overview figure of npj Digital Medicine 2025;8:58, per cent of
instances; sources from the instances that the catalog gives for each task or group of tasks; MedS-Bench from the
samples of each category in the same article.
"""

from __future__ import annotations

from polyclinic.tasks.catalog import suite_tasks

PUBLISHED_DOMAINS = {
    "Medical knowledge bases": 43.0,
    "Clinical texts": 35.0,
    "Academic papers": 13.0,
    "Exams": 7.0,
    "Daily conversations": 2.0,
}
PUBLISHED_CATEGORIES = {
    "Clinical Outcome Prediction": 22.36,
    "Diagnosis": 19.98,
    "Question Answering": 14.90,
    "Text Summarization": 10.99,
    "Text Completion": 9.09,
    "Explanation": 6.34,
    "Text Classification": 4.81,
    "Text Retrieval": 3.16,
    "Information Extraction": 2.95,
    "Dialogue": 2.20,
    "Named Entity Recognition": 0.81,
    "Treatment Planning": 0.62,
    "Sentence Composition Analysis": 0.58,
    "Natural Language Inference": 0.33,
    "Translation": 0.22,
    "Word Relation Classification": 0.20,
    "Intent Identification": 0.20,
    "Fact Verification": 0.19,
    "Wrong Candidate Generation": 0.07,
}
BENCH_SAMPLES = {  # by our name of the category; MCQA is Question Answering there
    "Question Answering": 13_701,
    "Text Summarization": 41_238,
    "Information Extraction": 16_856,
    "Explanation": 4_486,
    "Named Entity Recognition": 37_585,
    "Diagnosis": 134_529,
    "Treatment Planning": 3_535,
    "Clinical Outcome Prediction": 4_500,
    "Text Classification": 158,
    "Fact Verification": 2_142,
    "Natural Language Inference": 2_844,
}


def bench_shares() -> dict[str, float]:
    """Return category -> per cent of the samples of MedS-Bench."""
    total = sum(BENCH_SAMPLES.values())
    return {name: 100 * count / total for name, count in BENCH_SAMPLES.items()}


def source_shares() -> dict[str, float]:
    """Return data set -> per cent of the instances of MedS-Ins."""
    counts: dict[str, int] = {}
    groups: set[str] = set()
    for task in suite_tasks("meds-ins"):
        published, source = task.published, task.source
        if source is None:
            continue
        count = published.instances
        if published.group:  # their size is known together only
            count = 0 if published.group in groups else published.group_instances or 0
            groups.add(published.group)
        counts[source.name] = counts.get(source.name, 0) + (count if isinstance(count, int) else 0)
    total = sum(counts.values())
    return {name: 100 * count / total for name, count in counts.items()}
