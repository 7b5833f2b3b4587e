"""Ask with NVIDIA NeMo Data Designer: one structured column over a table of notes, of the same form."""

from __future__ import annotations

import os
import sys
import tempfile

os.environ.update(NEMO_TELEMETRY_ENABLED="false", DATA_DESIGNER_HOME=tempfile.mkdtemp())

import data_designer.config as dd
import pandas
from data_designer.interface import DataDesigner
from work_of_the_benchmark import IN_FLIGHT, SYSTEM, Instruction, prompt


def main(url: str, number: int) -> None:
    """Ask so many requests."""
    provider = dd.ModelProvider(name="here", endpoint=url, provider_type="openai", api_key="none")
    parameters = dd.ChatCompletionInferenceParams(temperature=0.0, max_tokens=1024, max_parallel_requests=IN_FLIGHT)
    model = dd.ModelConfig(
        alias="trial", model="trial", provider="here", inference_parameters=parameters, skip_health_check=True
    )
    builder = dd.DataDesignerConfigBuilder(model_configs=[model])
    notes = pandas.DataFrame({"note": [prompt(n) for n in range(number)]})
    builder.with_seed_dataset(dd.DataFrameSeedSource(df=notes))
    builder.add_column(
        dd.LLMStructuredColumnConfig(
            name="answer",
            prompt="{{ note }}",
            system_prompt=SYSTEM,
            model_alias="trial",
            output_format=Instruction,
        )
    )
    designer = DataDesigner(artifact_path=tempfile.mkdtemp(), model_providers=[provider])
    designer.set_run_config(dd.RunConfig(otel_metrics_port=None, disable_early_shutdown=True))
    made = designer.create(builder, num_records=number).load_dataset()
    print(len(made), "rows")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
