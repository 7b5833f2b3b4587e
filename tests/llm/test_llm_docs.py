"""What the guide says of the teacher is true of the code."""

from __future__ import annotations

import re
from pathlib import Path

from polyclinic import llm

GUIDE = (Path(__file__).parents[2] / "docs" / "synth.md").read_text(encoding="utf-8")


def test_every_name_in_the_guide_that_is_called_exists() -> None:
    chapter = GUIDE[GUIDE.index("## The teacher") :].partition("\n## ")[0]
    called = set(re.findall(r"\b([A-Z][A-Za-z]+|[a-z]+_[a-z_]+)\(", chapter))
    of_others = {"Path", "BaseModel", "Field", "Judgement", "all_requests", "judgement_of"}
    assert called - of_others <= set(llm.__all__)
    assert len(called - of_others) > 12


def test_every_count_of_the_guide_is_one_the_code_makes() -> None:
    source = "".join(file.read_text(encoding="utf-8") for file in Path(llm.__file__).parent.glob("*.py"))
    for name in ("rate_limited", "server_error", "timeout", "cut_off", "no_connection", "not_an_answer"):
        assert f"`{name}`" in GUIDE
        assert f'"{name}"' in source
