"""`synth.pairs`: preferences of samples that carry a rejected output already; no teacher is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pydantic import Field

from polyclinic.errors import UserError
from polyclinic.records import Preference, Sample, read_records, write_records
from polyclinic.step_settings import Samples, Settings
from polyclinic.steps import Work, step_kind


class PairsSettings(Settings):
    """Which samples carry rejected outputs."""

    samples: list[Samples] = Field(
        min_length=1, description="samples of synth.chain, or of the split mediflow_dpo by synth.published"
    )


@step_kind("synth.pairs", PairsSettings, output="preferences", version=1)
def pairs(settings: PairsSettings, work: Work) -> None:
    """Make a preference of every sample that has `rejected_output` in its metadata: its output is the chosen one.

    Raises UserError when none has, or when a rejected output is the same as the chosen one.
    """
    without = 0
    errors = Counter[str]()

    def preferences() -> Iterator[Preference]:
        nonlocal without
        for path in settings.samples:
            for sample in read_records(path, Sample):
                rejected = sample.metadata.get("rejected_output")
                if not rejected:
                    without += 1
                    continue
                if rejected == sample.output:
                    raise UserError(f"{path}: sample '{sample.id}': the rejected output is the chosen one")
                error = str(sample.metadata.get("error_type", ""))
                errors[error] += 1
                yield preference_of(sample, str(rejected), error, str(sample.metadata.get("rejected_by", "")))

    if not write_records(work.out, preferences(), Preference):
        raise UserError(
            f"synth.pairs: none of {without} samples in {', '.join(map(str, settings.samples))} has a "
            "`rejected_output` in its metadata; synth.preferences has a teacher write some"
        )
    work.facts.update(
        preferences=errors.total(), without_a_rejected_output=without, error_types=dict(sorted(errors.items()))
    )


def preference_of(sample: Sample, rejected: str, error_type: str, author: str = "", name: str = "") -> Preference:
    """Return a sample with a worse output as a preference.

    Args:
        sample: the good one.
        rejected: the worse output.
        error_type: what was made worse, for people.
        author: who wrote the worse output; empty = the sample's author.
        name: what is added to the sample's id, where it has several worse outputs.
    """
    return Preference(
        id=f"{sample.id}.{name}" if name else sample.id,
        task=sample.task,
        chosen=sample.output,
        rejected=rejected,
        input=sample.input,
        instruction=sample.instruction,
        error_type=error_type,
        document=sample.document,
        domain=sample.domain,
        language=sample.language,
        source=sample.source,
        license=sample.license,
        author=author or sample.author,
    )
