"""Further layers: a token-classification model folder says where identifiers stand, long texts in windows."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from polyclinic.deidentify import Deidentifier, Span, load_rules
from polyclinic.deidentify.layers import presidio, token_classifier, usual_type
from polyclinic.errors import UserError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a model that calls the word `zork` a patient and every other word nothing."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

    where = tmp_path_factory.mktemp("model")
    vocabulary = {"[UNK]": 0, "[PAD]": 1, "zork": 2}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", model_max_length=64
    ).save_pretrained(where)
    config = BertConfig(
        vocab_size=3,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=64,
        id2label={0: "O", 1: "B-PATIENT", 2: "B-AGE"},
        label2id={"O": 0, "B-PATIENT": 1, "B-AGE": 2},
        hidden_dropout_prob=0.0,
    )
    model = BertForTokenClassification(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        words = model.bert.embeddings.word_embeddings.weight
        words[2, 0] = 1.0
        words[0, 1] = 1.0
        model.bert.embeddings.LayerNorm.weight.fill_(1.0)
        for layer in model.bert.encoder.layer:
            layer.attention.output.LayerNorm.weight.fill_(1.0)
            layer.output.LayerNorm.weight.fill_(1.0)
        model.classifier.weight[1, 0] = 9.0
        model.classifier.weight[0, 1] = 9.0
    model.save_pretrained(where)
    return where


def test_a_model_folder_finds_what_the_rules_do_not_in_long_texts_too(folder: Path) -> None:
    find = token_classifier(folder)
    filler = "word " * 150
    text = f"zork came. {filler}then zork left."
    assert find(text) == [Span(0, 4, "name"), Span(len(text) - 10, len(text) - 6, "name")]
    result = Deidentifier(b"k" * 32, load_rules("en"), layers=(find,)).work(text, "p")
    assert "zork" not in result.text
    assert find("") == []


def test_labels_may_be_given_a_meaning_or_passed_over(folder: Path) -> None:
    assert token_classifier(folder, {"PATIENT": "institution"})("zork") == [Span(0, 4, "institution")]
    assert token_classifier(folder, {"PATIENT": ""})("zork") == []
    with pytest.raises(UserError, match="labels: 'PATIENT' is given the type 'nose'"):
        token_classifier(folder, {"PATIENT": "nose"})
    with pytest.raises(UserError, match=r"none of its labels .* is known to mean an identifier"):
        token_classifier(folder, {"PATIENT": "", "AGE": ""})


def test_a_folder_that_is_no_such_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not a token-classification model folder"):
        token_classifier(tmp_path)


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("B-PER", "name"),
        ("I-HOSPITAL", "institution"),
        ("DOCTOR", "name"),
        ("US_SSN", "ssn"),
        ("PHONE_NUMBER", "phone"),
        ("MEDICALRECORD", "mrn"),
        ("O", None),
        ("B-PROFESSION", None),
    ],
)
def test_usual_labels_are_understood(label: str, kind: str | None) -> None:
    assert usual_type(label) == kind


@pytest.mark.skipif(importlib.util.find_spec("presidio_analyzer") is not None, reason="presidio is installed here")
def test_without_presidio_the_message_says_how_to_get_it() -> None:
    with pytest.raises(UserError, match=r"presidio is not installed: pip install 'polyclinic\[presidio\]'"):
        presidio()
