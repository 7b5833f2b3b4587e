"""The settings of LoRA, which trainings, their budget and `train.fit` share."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

ALL = "all-linear"


class LoraSettings(BaseModel):
    """What is trained instead of the whole model."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    rank: int = Field(16, ge=1, le=4096, description="columns of the low-rank matrices")
    alpha: float = Field(32.0, gt=0, le=65536, description="the matrices' product counts alpha / rank times")
    dropout: float = Field(0.0, ge=0, lt=1, description="share of a layer's input that the matrices do not see")
    target_modules: list[str] = Field(
        [ALL],
        min_length=1,
        description="which layers: all-linear, attention, mlp, or names such as o_proj; the names of fused layers "
        "differ by family (Phi-3: qkv_proj, gate_up_proj)",
    )
    rank_stabilized: bool = Field(False, description="scale by alpha / sqrt(rank) instead (arXiv 2312.03732)")
    dora: bool = Field(False, description="learn the length of each output's weights apart (DoRA, arXiv 2402.09353)")
    output: Literal["adapter", "model"] = Field(
        "adapter", description="adapter: the matrices alone; model: multiplied into the model"
    )
    base_precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="type in which the model's own weights, which stay as they are, lie in memory; auto: bfloat16 on "
        "an accelerator where `precision` is bfloat16, else float32. The matrices are float32 in any case",
    )

    @field_validator("target_modules", mode="before")
    @classmethod
    def _one_name_is_a_list(cls, value: Any) -> Any:
        """Take a single name for a list of it: `target_modules: attention` is how the documentation says it."""
        return [value] if isinstance(value, str) else value

    def base_type(self, precision: str, accelerator: bool) -> str:
        """Return the type of the model's own weights in memory, on a machine with an accelerator or without."""
        if self.base_precision != "auto":
            return self.base_precision
        return precision if accelerator else "float32"
