"""What a teacher writes. In: documents. Out: samples, each with its document, its author and its licence.

`pit` writes the tasks of pre-instruction tuning: a summary, questions with answers, entities and relations for every
document. The teacher is a model behind an endpoint (`polyclinic.llm`) or the extractive teacher, which is no model.
`paraphrase` writes further wordings of the definitions of tasks, by rules or with a teacher. `filter` keeps the
medical part of general collections.
"""

from .filter import filter_collections
from .paraphrase import paraphrase
from .pit import pit

__all__ = ["filter_collections", "paraphrase", "pit"]
