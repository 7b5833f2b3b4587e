"""A small Llama-architecture model trained from nothing on a corpus: the default that needs no download."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from polyclinic.model.tokenizer import SMALLEST_VOCABULARY, Digits, train_tokenizer
from polyclinic.step_settings import Documents
from polyclinic.steps import Work, step_kind
from polyclinic.train.batches import Packing
from polyclinic.train.finish import save_trained
from polyclinic.train.language_modeling import document_rows, read_texts, train_on_rows
from polyclinic.train.settings import OptimizerSettings, row_length

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class TinySettings(OptimizerSettings):
    """Settings of model.tiny; the defaults make 2.2 M parameters that learn 1.5 M tokens in about two minutes."""

    documents: list[Documents] = Field(min_length=1, description="the corpus for tokenizer and pre-training")
    vocabulary_size: int = Field(
        2048, ge=SMALLEST_VOCABULARY, le=1_000_000, description="tokens, special ones included"
    )
    digits: Digits = Field(
        "single",
        description="single: every digit is a token; codes: the two characters behind the letter of a code stay "
        "together, as in E 11 . 9; runs: whole numbers may be tokens",
    )
    tokenizer_documents: list[Documents] = Field(
        [], description="further documents whose words the vocabulary should know; the model is not trained on them"
    )
    hidden_size: int = Field(192, ge=8, le=16384, description="width of the model")
    intermediate_size: int = Field(512, ge=8, le=65536, description="width inside the feed-forward layers")
    layers: int = Field(4, ge=1, le=200, description="transformer layers")
    heads: int = Field(6, ge=1, le=256, description="attention heads; they divide hidden_size")
    max_positions: int = Field(512, ge=16, le=1_000_000, description="longest row the model can take, in tokens")
    tied_embeddings: bool = Field(True, description="whether the output layer is the embedding")
    learning_rate: float = Field(3e-3, gt=0, le=1, description="at its peak")
    epochs: float = Field(1.0, gt=0, le=1000, description="passes over the corpus")
    steps: int | None = Field(None, ge=1, description="optimizer steps, instead of epochs")
    packing: Packing = Field(
        "wrapped",
        description="wrapped: the corpus cut into full rows, fastest; one_document: one a row; "
        "best_fit: several a row, which do not see each other",
    )
    max_length: int | None = Field(128, ge=8, description="tokens in a row while pre-training")
    precision: Literal["float32", "bfloat16"] = Field(
        "float32", description="arithmetic of the forward and backward pass; the weights stay float32"
    )
    warmup_steps: float = Field(
        0.05, ge=0, description="steps over which the rate rises to its peak; below 1 a share of all steps"
    )
    adam_beta2: float = Field(0.98, ge=0, lt=1, description="AdamW's decay of the mean of squared gradients")
    weight_decay: float = Field(0.01, ge=0, le=1, description="AdamW's decoupled weight decay")

    @model_validator(mode="after")
    def _heads_divide(self) -> TinySettings:
        if self.hidden_size % self.heads or self.hidden_size // self.heads % 2:
            raise ValueError(f"hidden_size ({self.hidden_size}) must be heads ({self.heads}) times an even number")
        if self.max_length is not None and self.max_length > self.max_positions:
            raise ValueError(f"max_length ({self.max_length}) is more than max_positions ({self.max_positions})")
        return self


@step_kind("model.tiny", TinySettings, output="model", version=2, packages=("torch", "transformers", "tokenizers"))
def tiny(settings: TinySettings, work: Work) -> None:
    """Train a tokenizer and a small Llama-architecture model from a corpus."""
    tokenizer = train_tokenizer(
        read_texts([*settings.documents, *settings.tokenizer_documents]),
        vocabulary_size=settings.vocabulary_size,
        digits=settings.digits,
        max_length=settings.max_positions,
    )
    model = new_model(settings, tokenizer, work.seed)
    max_length = row_length(settings, model)
    rows = document_rows(work, tokenizer, settings.documents)
    log, plan = train_on_rows(
        work,
        settings,
        model,
        tokenizer,
        rows,
        name="pre-training",
        packing=settings.packing,
        max_length=max_length,
        learning_rate=settings.learning_rate,
        epochs=settings.epochs,
        steps=settings.steps,
    )
    work.facts.update(tokens=plan.tokens(), documents=len(rows), dropped_tokens=0)
    save_trained(work, model, tokenizer, [log], settings.log_every)


def new_model(settings: TinySettings, tokenizer: PreTrainedTokenizerBase, seed: int) -> PreTrainedModel:
    """Return an untrained model whose weights are drawn from `seed`."""
    import torch
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=settings.hidden_size,
        intermediate_size=settings.intermediate_size,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.heads,
        max_position_embeddings=settings.max_positions,
        tie_word_embeddings=settings.tied_embeddings,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: PreTrainedModel = LlamaForCausalLM(config)
    model.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, do_sample=False
    )
    return model
