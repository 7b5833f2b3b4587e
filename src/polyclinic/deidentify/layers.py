"""Further layers beside the rules: any token-classification model folder, and presidio where it is installed.

A layer is a function from a text to spans. What a layer finds is replaced as what the rules find is; no layer takes
anything back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from polyclinic.deidentify.spans import TYPES, Span
from polyclinic.errors import UserError

# What models call the types, in capitals, without B-, I- and their like; the first that is part of a label counts.
USUAL_LABELS: tuple[tuple[str, str], ...] = (
    *(("EMAIL", "email"), ("URL", "url"), ("IPADDR", "ip"), ("IP_ADDRESS", "ip"), ("FAX", "fax"), ("PHONE", "phone")),
    *(("CONTACT", "phone"), ("SSN", "ssn"), ("MEDICALRECORD", "mrn"), ("MRN", "mrn"), ("HEALTHPLAN", "health_plan")),
    *(("ACCOUNT", "account"), ("CREDIT_CARD", "account"), ("IBAN", "account"), ("US_BANK", "account")),
    *(
        ("LICENSE", "license"),
        ("PASSPORT", "license"),
        ("VEHICLE", "vehicle"),
        ("DEVICE", "device"),
        ("BIOID", "biometric"),
    ),
    *(
        ("DATE", "date"),
        ("AGE", "age"),
        ("ZIP", "zip"),
        ("STREET", "address"),
        ("ADDRESS", "address"),
        ("CITY", "city"),
    ),
    *(("HOSP", "institution"), ("ORG", "institution"), ("FACILITY", "institution"), ("LOC", "city"), ("GPE", "city")),
    *(
        ("PATIENT", "name"),
        ("DOCTOR", "name"),
        ("STAFF", "name"),
        ("PER", "name"),
        ("NAME", "name"),
        ("USERNAME", "name"),
    ),
    *(("IDNUM", "other_id"), ("ID", "other_id"), ("NHS", "mrn")),
)
IGNORED = re.compile(r"^(?:O|LABEL_\d+|MISC.*|PROFESSION|COUNTRY|STATE|NRP|NORP|MEDICAL_LICENSE_NONE)$")
# Types that are found by form alone: an age under 90 and a year may stand, whatever a model says.
YEAR_ONLY = re.compile(r"\s*(?:18|19|20)\d{2}\s*$")
WINDOW, OVERLAP = 400, 60  # tokens that are read at once, and of these read twice


def usual_type(label: str) -> str | None:
    """Return the type that a model's label means, or None when it is passed over."""
    plain = re.sub(r"^[BIESLU]-", "", label.strip().upper())
    if IGNORED.match(plain):
        return None
    return next((kind for part, kind in USUAL_LABELS if part in plain), None)


def token_classifier(
    folder: Path, labels: Mapping[str, str] | None = None, threshold: float = 0.5
) -> Callable[[str], Sequence[Span]]:
    """Return a layer that asks a token-classification model.

    Args:
        folder: Hugging Face model folder.
        labels: the model's labels, without B- and I-, -> our types (empty: passed over); else as they are usual.
        threshold: a token is taken when all labels that mean an identifier have so much probability together.

    Raises UserError when it is no such model, or a label cannot be understood.
    """
    import torch
    import transformers

    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        model = transformers.AutoModelForTokenClassification.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError) as error:
        raise UserError(f"model: {folder}: not a token-classification model folder: {error}") from error
    if not tokenizer.is_fast:
        raise UserError(
            f"model: {folder}: its tokenizer does not say where tokens stand; a fast one (tokenizer.json) is needed"
        )
    kinds = _kinds(model.config.id2label, labels or {}, folder)
    model.eval()
    identifying = torch.tensor([kind is not None for kind in kinds])

    def find(text: str) -> list[Span]:
        pieces = tokenizer(
            text, return_offsets_mapping=True, add_special_tokens=False, truncation=False, verbose=False
        )
        ids, offsets = pieces["input_ids"], pieces["offset_mapping"]
        marks: list[str | None] = [None] * len(ids)
        window = min(WINDOW, _longest(tokenizer, model) - 2)
        for start in range(0, max(1, len(ids)), max(1, window - OVERLAP)):
            part = ids[start : start + window]
            if not part:
                break
            with torch.inference_mode():
                whole = (
                    tokenizer.build_inputs_with_special_tokens(part)
                    if hasattr(tokenizer, "build_inputs_with_special_tokens")
                    else part
                )
                head = whole.index(part[0]) if len(whole) > len(part) else 0
                shares = model(input_ids=torch.tensor([whole])).logits[0, head : head + len(part)].float().softmax(-1)
            sums = (shares * identifying).sum(-1)
            best = (shares * identifying).argmax(-1)
            for place, (total, label) in enumerate(zip(sums.tolist(), best.tolist(), strict=True)):
                if total >= threshold and marks[start + place] is None:
                    marks[start + place] = kinds[label]
            if start + window >= len(ids):
                break
        return _joined(text, marks, offsets)

    return find


def presidio(language: str = "en") -> Callable[[str], Sequence[Span]]:
    """Return a layer that asks presidio's analyzer with the language model it is set up with.

    Raises UserError when presidio is not installed or has no model.
    """
    try:
        from presidio_analyzer import AnalyzerEngine
    except ImportError as error:
        raise UserError(
            "layers: presidio is not installed: pip install 'polyclinic[presidio]', and a spaCy model for it"
        ) from error
    try:
        engine = AnalyzerEngine(supported_languages=[language])
    except (OSError, ValueError, SystemExit) as error:
        raise UserError(f"layers: presidio does not start: {error}; install a spaCy model for it") from error

    def find(text: str) -> list[Span]:
        found = []
        for result in engine.analyze(text, language=language):
            kind = usual_type(result.entity_type)
            if kind is not None and not _may_stand(text[result.start : result.end], kind):
                found.append(Span(result.start, result.end, kind))
        return sorted(found)

    return find


def _kinds(id2label: Mapping[Any, str], labels: Mapping[str, str], folder: Path) -> list[str | None]:
    kinds: list[str | None] = []
    for number in sorted(int(key) for key in id2label):
        label = id2label.get(number) or id2label.get(str(number)) or ""
        plain = re.sub(r"^[BIESLU]-", "", label)
        own = labels.get(plain, labels.get(label))
        if own is not None and own and own not in TYPES:
            raise UserError(f"labels: '{plain}' is given the type '{own}'; there are {', '.join(TYPES)}")
        kinds.append((own or None) if own is not None else usual_type(label))
    if not any(kinds):
        raise UserError(
            f"model: {folder}: none of its labels ({', '.join(sorted(set(id2label.values())))}) is known to "
            f"mean an identifier; "
            "say what they mean in `labels`"
        )
    return kinds


def _longest(tokenizer: Any, model: Any) -> int:
    sizes = [tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", None)]
    return min(int(size) for size in (*sizes, 1_000_000) if size)


def _joined(text: str, marks: Sequence[str | None], offsets: Sequence[tuple[int, int]]) -> list[Span]:
    """Return marked tokens as spans of whole words; neighbours of one type are one span."""
    spans: list[Span] = []
    for kind, (start, end) in zip(marks, offsets, strict=True):
        if kind is None or end <= start:
            continue
        while start and text[start - 1].isalnum() and text[start].isalnum():
            start -= 1
        while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
            end += 1
        if spans and spans[-1].type == kind and not text[spans[-1].end : start].strip(" .-'/"):
            spans[-1] = Span(spans[-1].start, max(end, spans[-1].end), kind)
        else:
            spans.append(Span(start, end, kind))
    return [span for span in spans if not _may_stand(text[span.start : span.end], span.type)]


def _may_stand(text: str, kind: str) -> bool:
    if kind == "age":
        numbers = re.findall(r"\d+", text)
        return bool(numbers) and all(int(number) < 90 for number in numbers)
    return kind == "date" and (YEAR_ONLY.match(text) is not None or not any(c.isalnum() for c in text))
