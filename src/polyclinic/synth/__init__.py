"""What a teacher writes. In: documents. Out: samples, each with its document, its author and its licence.

`pit` writes the tasks of pre-instruction tuning: a summary, questions with answers, entities and relations for every
document, or rewrites it as a textbook would explain it; `as_documents` makes texts to learn of that. The teacher is a
model behind an endpoint (`polyclinic.llm`) or the extractive teacher, which is no model.
`paraphrase` writes further wordings of the definitions of tasks, by rules or with a teacher. `filter` keeps the
medical part of general collections.

`mediflow` writes clinical instructions with examples, `judge` scores them, `select` keeps the best, `preferences`
makes pairs of a good and a slightly worse output (MediFlow; Corbeil et al., ACL 2025); `chain` writes, judges and
makes pairs at once. `published` reads the published set in their place, `pairs` takes the rejected outputs that
samples carry already, `export` writes the published set's layout. `mcq` writes validation sets of multiple choice, by
which `merge.search` chooses.
"""

from .as_documents import as_documents
from .filter import filter_collections as filter
from .judge import judge
from .mcq.writing import mcq
from .mediflow.chain import chain
from .mediflow.export import export
from .mediflow.reading import published
from .mediflow.writing import mediflow
from .pairs import pairs
from .paraphrase import paraphrase
from .pit import pit
from .preferences import preferences
from .select import select

__all__ = [
    "as_documents",
    "chain",
    "export",
    "filter",
    "judge",
    "mcq",
    "mediflow",
    "pairs",
    "paraphrase",
    "pit",
    "preferences",
    "published",
    "select",
]
