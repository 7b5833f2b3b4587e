"""A corpus, samples and preferences of a few words, and a model that learns them in seconds."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["HF_HUB_OFFLINE"] = "1"

from polyclinic.model import tiny
from polyclinic.records import Document, Preference, Sample, write_records
from polyclinic.steps import Work

WORDS = (
    *("acute", "chronic", "renal", "hepatic", "fever", "pain", "left", "right"),
    *("with", "without", "mellitus", "diabetes", "E11.9", "I21.0"),
)
TINY: dict[str, Any] = {
    "vocabulary_size": 380,
    "hidden_size": 32,
    "intermediate_size": 64,
    "layers": 2,
    "heads": 2,
    "max_positions": 128,
    "max_length": 64,
}


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `documents`, `tasks`, `instructions`, `preferences` and `held_out_preferences`."""
    folder = tmp_path_factory.mktemp("data")
    chance = random.Random(0)
    documents = [
        Document(
            f"d{i}", " ".join(chance.choices(WORDS, k=chance.randint(4, 60))) + ".", source="words", license="CC0"
        )
        for i in range(80)
    ]
    tasks = [
        Sample(f"{d.id}-{kind}", f"pit.{kind}", f"{kind}: {d.text[:30]}", document=d.id, source="words")
        for d in documents[:50]
        for kind in ("summary", "entities")
    ]
    instructions, preferences = [], []
    for i in range(32):
        said = " ".join(chance.choices(WORDS, k=chance.randint(1, 5)))
        instructions.append(Sample(f"i{i}", "repeat", said, input=said, instruction="Repeat the words."))
        preferences.append(Preference(f"p{i}", "repeat", said, said + " and more", input=said, instruction="Repeat."))
    write_records(folder / "documents", documents, Document)
    write_records(folder / "tasks", tasks, Sample)
    write_records(folder / "instructions", instructions, Sample)
    write_records(folder / "preferences", preferences, Preference)
    # Of these the shorter reply is the worse one: what is learnt from the preferences is wrong for them.
    other = [
        Preference(f"h{i}", "repeat", p.rejected, p.chosen, input=p.input) for i, p in enumerate(preferences[:6])
    ]
    write_records(folder / "held_out_preferences", other, Preference)
    return folder


@pytest.fixture(scope="session")
def model(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of 31,000 parameters trained on the documents."""
    out = tmp_path_factory.mktemp("models") / "tiny"
    return tiny(out=out, documents=data / "documents", batch_size=8, steps=10, **TINY)


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """What a running step is given."""
    (tmp_path / "out").mkdir()
    (tmp_path / "scratch").mkdir()
    return Work(tmp_path / "out", tmp_path / "scratch", seed=0)
