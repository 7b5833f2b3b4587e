"""Ask a model the items of tasks, score its answers, compare models. In: a model and samples. Out: scores.

`eval.run` makes replies and scores, `eval.score` scores replies again, or anybody's predictions; `summarize` and
`compare` turn scores into figures with intervals, `summary_rows` and `comparison_rows` do so for folders of scores.
"""

from polyclinic.evals.comparison import Comparison, compare
from polyclinic.evals.contamination import contamination
from polyclinic.evals.panel import Panel
from polyclinic.evals.results import comparison_rows, read_scores, summary_rows
from polyclinic.evals.run import run
from polyclinic.evals.scoring.score import score
from polyclinic.evals.suite_figures import leaderboard_figures, suite_figures
from polyclinic.evals.summary import TaskSummary, summarize

__all__ = [
    "Comparison",
    "Panel",
    "TaskSummary",
    "compare",
    "comparison_rows",
    "contamination",
    "leaderboard_figures",
    "read_scores",
    "run",
    "score",
    "suite_figures",
    "summarize",
    "summary_rows",
]
