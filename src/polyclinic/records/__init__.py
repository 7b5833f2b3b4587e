"""What flows between the stages: Document, Sample, Preference, Reply, Score, and their Parquet form.

A set of records is a folder of Parquet files. Wherever records are asked for, a single `.parquet`, `.jsonl`,
`.jsonl.gz` or `.csv` file is taken as well. Reading streams, so memory does not grow with the number of records.
This room knows nothing about models, recipes or where the records came from.
"""

from polyclinic.records.json_lines import read_json_lines
from polyclinic.records.reading import count_values, read_records
from polyclinic.records.rows import row_reader
from polyclinic.records.schema import encode_object, record_schema
from polyclinic.records.types import RECORD_TYPES, Document, Preference, Record, Reply, Sample, Score
from polyclinic.records.writing import BATCH, GATHERED, GROUP_BYTES, write_parts, write_records

__all__ = [
    "BATCH",
    "GATHERED",
    "GROUP_BYTES",
    "RECORD_TYPES",
    "Document",
    "Preference",
    "Record",
    "Reply",
    "Sample",
    "Score",
    "count_values",
    "encode_object",
    "read_json_lines",
    "read_records",
    "record_schema",
    "row_reader",
    "write_parts",
    "write_records",
]
