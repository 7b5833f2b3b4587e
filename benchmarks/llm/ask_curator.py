"""Ask with bespoke curator, its OpenAI backend, telemetry off; it validates nothing itself, so the parser does."""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any

os.environ.update(
    TELEMETRY_ENABLED="0",
    CURATOR_DISABLE_RICH_DISPLAY="1",
    OPENAI_API_KEY="none",
    LITELLM_LOCAL_MODEL_COST_MAP="True",
    HOSTED_CURATOR_VIEWER="0",
    CURATOR_CACHE_DIR=tempfile.mkdtemp(),
)

import tiktoken
from bespokelabs import curator
from work_of_the_benchmark import IN_FLIGHT, SYSTEM, Instruction, prompt


class Writer(curator.LLM):
    """Writes one instruction for each note."""

    def prompt(self, row: dict[str, Any]) -> list[dict[str, str]]:
        """Return the turns."""
        return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": row["note"]}]

    def parse(self, row: dict[str, Any], response: str) -> dict[str, Any]:
        """Check an answer."""
        return {"answer": Instruction.model_validate_json(response).instruction}


def main(url: str, number: int) -> None:
    """Ask so many requests."""
    # It loads OpenAI's tokenizer from the network when it is made; bytes take its place where there is none.
    ranks = {bytes([n]): n for n in range(256)}
    tiktoken.get_encoding = lambda name: tiktoken.Encoding(
        name, pat_str=".", mergeable_ranks=ranks, special_tokens={}
    )
    writer = Writer(
        model_name="trial",
        backend="openai",
        generation_params={"temperature": 0.0, "max_tokens": 1024},
        backend_params={
            "base_url": url,
            "max_concurrent_requests": IN_FLIGHT,
            "max_requests_per_minute": 10_000_000,
            "max_tokens_per_minute": 10_000_000_000,
            "require_all_responses": False,
        },
    )
    writer([{"note": prompt(n)} for n in range(number)])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
