"""Make an output slightly worse, and compare the two: the questions, and what makes their answers usable.

Source: Corbeil et al., ACL 2025, appendix A.7; comparing in both orders is not in the paper.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from polyclinic.llm import ChatRequest, Reply
from polyclinic.records import Sample
from polyclinic.synth.answers import form_problem, without_thoughts
from polyclinic.synth.judgements import UnusableAnswer, read_object
from polyclinic.synth.language import language_problem
from polyclinic.synth.mediflow.tagged import Unusable, check_json
from polyclinic.synth.preference_tiers import Pair
from polyclinic.synth.prompt_files import PromptFile, load_prompt_file

TRIAL = {"instruction": "…", "input": "…"}


def spoiling_prompts(folder: Path | None = None) -> tuple[PromptFile, PromptFile]:
    """Return the prompts that make an output worse and that compare two; raises UserError for a faulty one."""
    rewriting: dict[str, Any] = {**TRIAL, "error_type": "brevity", "definition": "…", "output": "…"}
    comparing: dict[str, Any] = {**TRIAL, "first": "…", "second": "…"}
    return (
        load_prompt_file("mediflow/corrupt", rewriting, folder),
        load_prompt_file("mediflow/compare", comparing, folder),
    )


def clean_output(answer: str) -> str:
    """Return a rewritten output as it is kept."""
    return without_thoughts(answer).strip()


def rewriting_problem(reply: Reply, sample: Sample) -> str:
    """Return what is wrong with a rewritten output, or an empty text."""
    if said := form_problem(reply):
        return said
    text = clean_output(reply.text)
    if " ".join(text.split()) == " ".join(sample.output.split()):
        return "unchanged: the new output is the same as the good one"
    if not language_problem(sample.output, sample.language) and (said := language_problem(text, sample.language)):
        return said
    if sample.metadata.get("output_format") == "json":
        try:
            check_json(text, "the new output")
        except Unusable as error:
            return str(error)
    return ""


def rewriting_request(pair: Pair, prompt: PromptFile) -> ChatRequest:
    """Return the question for a worse output of a pair's sample."""
    sample = pair.sample
    text = prompt.fill(
        {
            "error_type": pair.error.name,
            "definition": pair.error.definition,
            "instruction": sample.instruction,
            "input": sample.input,
            "output": sample.output,
        }
    )
    return ChatRequest(
        (("user", text),),
        template=prompt.version,
        sample=2 * pair.number,
        check=lambda reply: rewriting_problem(reply, sample),
    )


def comparisons(sample: Sample, rejected: str, prompt: PromptFile) -> Iterator[tuple[str, ChatRequest]]:
    """Yield (letter of the good output, question) for both orders of the good and the worse output."""
    for better, texts in (("A", (sample.output, rejected)), ("B", (rejected, sample.output))):
        values = {"instruction": sample.instruction, "input": sample.input}
        text = prompt.fill({**values, "first": texts[0], "second": texts[1]})
        yield (
            better,
            ChatRequest((("user", text),), template=prompt.version, temperature=0.0, check=_comparison_problem),
        )


def preferred(reply: Reply) -> str:
    """Return the letter of the output that a usable comparison prefers."""
    return str(read_object(reply.text)["better"])


def _comparison_problem(reply: Reply) -> str:
    if said := form_problem(reply):
        return said
    try:
        found = read_object(reply.text)
    except UnusableAnswer as error:
        return str(error)
    return "" if found.get("better") in ("A", "B") else 'no choice: \'better\' must be "A" or "B"'
