"""Ask with datatrove's InferenceRunner and its checkpoints, as documented; validation with pydantic."""

from __future__ import annotations

import sys
import tempfile
from typing import Any

from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.inference.run_inference import InferenceConfig, InferenceRunner
from datatrove.pipeline.writers import JsonlWriter
from work_of_the_benchmark import IN_FLIGHT, SYSTEM, Instruction, prompt


async def rollout(document: Document, generate: Any) -> Any:
    """Ask one request and check the answer."""
    turns = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": document.text}]
    result = await generate({"messages": turns, "max_tokens": 1024, "temperature": 0.0})
    Instruction.model_validate_json(result.text)
    return result


def main(url: str, number: int) -> None:
    """Ask so many requests."""
    folder = tempfile.mkdtemp()
    config = InferenceConfig(
        server_type="endpoint",
        model_name_or_path="trial",
        endpoint_url=url.removesuffix("/v1"),
        max_concurrent_generations=IN_FLIGHT,
        metric_interval=3600,
    )
    runner = InferenceRunner(
        rollout_fn=rollout,
        config=config,
        output_writer=JsonlWriter(f"{folder}/out", output_filename="${rank}_chunk_${chunk_index}.jsonl"),
        checkpoints_local_dir=f"{folder}/checkpoints",
        records_per_chunk=5_000,
    )
    documents = [Document(text=prompt(n), id=str(n)) for n in range(number)]
    LocalPipelineExecutor([documents, runner], tasks=1, workers=1, logging_dir=f"{folder}/logs").run()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
