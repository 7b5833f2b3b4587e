"""What peers do with a file of documents; run by the Python of their own environment, never by ours.

python corpus_peers.py datatrove|datasketch|rensa DOCUMENTS            near-duplicates
python corpus_peers.py datatrove-decontamination DOCUMENTS ITEMS       13-grams of benchmark items

Prints JSON: CPU-seconds without the imports, peak memory in MB, and the documents that were found.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

BANDS, ROWS, RUN = 14, 8, 5
WORD = re.compile("[a-z0-9]+")


def texts_of(path: str) -> list[str]:
    """Return the texts of a .jsonl file."""
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def shingles(text: str) -> set[str]:
    """Return the runs of five words of a text."""
    words = WORD.findall(text.lower())
    return {" ".join(words[at : at + RUN]) for at in range(len(words) - RUN + 1)}


def datasketch(path: str) -> Any:
    """Index one document after the other, asking first for what is like it."""
    import datasketch as library

    yield
    made = library.MinHashLSH(params=(BANDS, ROWS), num_perm=BANDS * ROWS)
    pairs = []
    for number, text in enumerate(texts_of(path)):
        one = library.MinHash(num_perm=BANDS * ROWS)
        one.update_batch([shingle.encode() for shingle in shingles(text)])
        pairs += [(other, number) for other in made.query(one)]
        made.insert(number, one)
    yield {"pairs": pairs}


def rensa(path: str) -> Any:
    """The same with rensa's R-MinHash, whose values have 32 bits."""
    import rensa as library

    yield
    made = library.RMinHashLSH(threshold=0.8, num_perm=BANDS * ROWS, num_bands=BANDS)
    pairs = []
    for number, text in enumerate(texts_of(path)):
        one = library.RMinHash(num_perm=BANDS * ROWS, seed=1)
        one.update(list(shingles(text)))
        pairs += [(other, number) for other in made.query(one)]
        made.insert(number, one)
    yield {"pairs": pairs}


def datatrove(path: str) -> Any:
    """Its three stages, one after the other in this process, with its defaults."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.utils.hashing import HashConfig
    from datatrove.utils.word_tokenizers import load_word_tokenizer

    load_word_tokenizer("eng").word_tokenize("once, so that loading it is not counted")
    config = MinhashConfig(
        n_grams=RUN, num_buckets=BANDS, hashes_per_bucket=ROWS, hash_config=HashConfig(precision=64)
    )
    yield
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        reader = JsonlReader(str(Path(path).parent), glob_pattern=Path(path).name)
        stages = [
            (1, [reader, MinhashDedupSignature(str(place / "signatures"), config=config)]),
            (BANDS, [MinhashDedupBuckets(str(place / "signatures"), str(place / "buckets"), config=config)]),
            (1, [MinhashDedupCluster(str(place / "buckets"), str(place / "remove"), config=config)]),
        ]
        for number, (tasks, steps) in enumerate(stages):
            LocalPipelineExecutor(steps, tasks=tasks, workers=1, logging_dir=str(place / f"logs{number}")).run()
        removed: list[int] = []
        for file in sorted((place / "remove").glob("*.remove")):
            raw = file.read_bytes()
            removed += [int.from_bytes(raw[at : at + 4], "little") for at in range(0, len(raw), 4)]
    yield {"removed": removed}


def datatrove_decontamination(path: str, items: str) -> Any:
    """Its filter with the hashes of the items as its indexer makes them (which itself needs lighteval to start)."""
    from datatrove.data import Document
    from datatrove.pipeline.decont.n_grams import NGramsDecontConfig, NGramsDecontFilter, NGramsDecontIndexer

    config = NGramsDecontConfig(n_grams=13, find_query_ngrams=True)
    with tempfile.TemporaryDirectory() as folder:
        filter_ = NGramsDecontFilter(folder, config=config)
        filter_.tokenizer.word_tokenize("once, so that loading it is not counted")
        yield
        # Its constructor asks for lighteval, which hashing does not need.
        indexer = SimpleNamespace(config=config, tokenizer=filter_.tokenizer, hash_func=filter_.hash_func)
        hashes = NGramsDecontIndexer.compute_hashes
        begun = time.process_time()
        filter_._index_hashes = {number: "items" for text in texts_of(items) for number in hashes(indexer, "", text)}
        indexing = time.process_time() - begun
        found = [
            number
            for number, text in enumerate(texts_of(path))
            if filter_.filter(Document(text=text, id=str(number))) is not True
        ]
        yield {"removed": found, "indexing": indexing}


def main() -> None:
    """Run one peer."""
    os.environ["DATATROVE_COLORIZE_LOGS"] = "0"
    running = globals()[sys.argv[1].replace("-", "_")](*sys.argv[2:])
    next(running)  # imports
    begun = time.process_time()
    found = next(running)
    found["cpu"] = time.process_time() - begun
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


if __name__ == "__main__":
    main()
