"""Keep items diverse: embed, cluster with HDBSCAN, keep every outlier and one item of each cluster.

Source: Corbeil et al., ACL 2025, appendix A.3; the embedding model is not published. Any local encoder does; without
one, TF-IDF of words and pairs of words in its 100 main directions.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyclinic.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIRECTIONS = 100
BATCH = 32
LONGEST = 512  # tokens of a text that are embedded


def diverse(vectors: NDArray[np.float64], smallest: int = 2) -> list[int]:
    """Return which rows are kept, in order: those in no cluster, and of each cluster the one nearest to its middle.

    Args:
        vectors: one row for each item, of length 1.
        smallest: rows that make a cluster.
    """
    import numpy as np
    from sklearn.cluster import HDBSCAN

    if len(vectors) <= smallest:
        return list(range(len(vectors)))
    labels = HDBSCAN(min_cluster_size=smallest, metric="euclidean", copy=True).fit_predict(vectors)
    kept = np.flatnonzero(labels == -1).tolist()
    for label in range(int(labels.max(initial=-1)) + 1):
        members = np.flatnonzero(labels == label)
        middle = vectors[members].mean(axis=0)
        distances = np.linalg.norm(vectors[members] - middle, axis=1).round(9)  # ties go to the earlier item
        kept.append(int(members[int(distances.argmin())]))
    return sorted(kept)


def embed(texts: Sequence[str], model: Path | None, seed: int) -> NDArray[np.float64]:
    """Return one vector of length 1 for each text.

    Args:
        texts: what is embedded.
        model: folder of an encoder (Hugging Face: config, tokenizer, safetensors); None = TF-IDF.
        seed: of the TF-IDF's main directions.

    Raises:
        UserError: the folder is no such model.
    """
    return _by_words(texts, seed) if model is None else _by_model(texts, model)


def _by_words(texts: Sequence[str], seed: int) -> NDArray[np.float64]:
    import numpy as np
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    from polyclinic.word_runs import words_of

    counted: Any = TfidfVectorizer(analyzer=_terms(words_of), sublinear_tf=True).fit_transform(texts)
    if counted.shape[1] > DIRECTIONS and counted.shape[0] > DIRECTIONS:
        counted = TruncatedSVD(DIRECTIONS, random_state=seed).fit_transform(counted)
    else:
        counted = counted.toarray()
    return _unit(np.asarray(counted, dtype=np.float64))


def _terms(words_of: Any) -> Any:
    def terms(text: str) -> list[str]:
        words: list[str] = words_of(text)
        return words + [f"{one} {other}" for one, other in itertools.pairwise(words)]

    return terms


def _by_model(texts: Sequence[str], folder: Path) -> NDArray[np.float64]:
    import numpy as np
    import torch
    from transformers import AutoModel, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        model = AutoModel.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=torch.float32
        )
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"{folder}: not an embedding model that can be loaded ({str(error).splitlines()[0]}); expected a Hugging "
            "Face folder with config, tokenizer and safetensors"
        ) from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.eval().to(device)
    rows = []
    with torch.inference_mode():
        for start in range(0, len(texts), BATCH):
            taken = tokenizer(
                list(texts[start : start + BATCH]),
                padding=True,
                truncation=True,
                max_length=LONGEST,
                return_tensors="pt",
            ).to(device)
            states = model(**taken).last_hidden_state
            mask = taken["attention_mask"].unsqueeze(-1).to(states.dtype)
            rows.append(((states * mask).sum(1) / mask.sum(1).clamp(min=1)).double().cpu().numpy())
    return _unit(np.concatenate(rows))


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0))
