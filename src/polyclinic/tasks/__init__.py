"""The catalog of tasks, and what is made from it. In: documents, or data sets' files. Out: samples and preferences.

`tasks.build` makes items and instructions of catalog tasks, `tasks.instructions` training samples from documents,
`tasks.requests` the same of questions with answers, `tasks.preferences` pairs of replies. Where a task is described:
`catalog/`, one YAML file each; `load_catalog` and `load_task` read it. Where a format is read: `readers/`, one file
each.
"""

from polyclinic.tasks.build import build, missing_reason
from polyclinic.tasks.catalog import load_catalog, load_task, suite_counts, suite_tasks, task_rows, tasks_and_catalog
from polyclinic.tasks.checks import check_files, check_tasks
from polyclinic.tasks.export import export_task_files
from polyclinic.tasks.instructions import instructions
from polyclinic.tasks.preferences import preferences
from polyclinic.tasks.requests import requests
from polyclinic.tasks.statistics import count_samples, statistics_page, statistics_rows, write_pictures
from polyclinic.tasks.task import Task, neutral_text, prompt_text, question_text
from polyclinic.tasks.task_file import read_task_file

__all__ = [
    "Task",
    "build",
    "check_files",
    "check_tasks",
    "count_samples",
    "export_task_files",
    "instructions",
    "load_catalog",
    "load_task",
    "missing_reason",
    "neutral_text",
    "preferences",
    "prompt_text",
    "question_text",
    "read_task_file",
    "requests",
    "statistics_page",
    "statistics_rows",
    "suite_counts",
    "suite_tasks",
    "task_rows",
    "tasks_and_catalog",
    "write_pictures",
]
