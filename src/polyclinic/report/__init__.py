"""Pages. In: the record of a run and the store it led to, or folders of scores. Out: one self-contained HTML file.

`make_report` reads what the steps left behind (manifests, scores, training logs, samples) and says what was measured
in plain words; `make_seeds_report` takes runs of one recipe with several seeds together; `make_leaderboard` shows
models beside each other and beside published ones; `read_settings` checks the recipe's `report` section.
Nothing is computed here that `evals` computes, and nothing is drawn here that `pages` draws.
"""

from polyclinic.report.leaderboard import make_leaderboard
from polyclinic.report.page import make_report
from polyclinic.report.seeds_page import make_seeds_report
from polyclinic.report.settings import ExpertSettings, ReportSettings, read_settings

__all__ = [
    "ExpertSettings",
    "ReportSettings",
    "make_leaderboard",
    "make_report",
    "make_seeds_report",
    "read_settings",
]
