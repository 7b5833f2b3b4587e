"""Many models of one architecture become one.

In come a base and models that were trained from it (model folders); out goes one model folder with the base's
configuration, tokenizer and dtype. One file holds one method: its formula, its settings, its step kind. `engine`
reads, merges and writes tensor by tensor; `parents` decides what becomes of each tensor before a byte is read.
"""

from polyclinic.merge.breadcrumbs import breadcrumbs
from polyclinic.merge.breadcrumbs_ties import breadcrumbs_ties
from polyclinic.merge.dare_linear import dare_linear
from polyclinic.merge.dare_ties import dare_ties
from polyclinic.merge.della import della
from polyclinic.merge.della_linear import della_linear
from polyclinic.merge.della_ties import della_ties
from polyclinic.merge.diagnose import diagnose
from polyclinic.merge.fisher import fisher
from polyclinic.merge.from_yaml import from_yaml
from polyclinic.merge.karcher import karcher
from polyclinic.merge.linear import linear
from polyclinic.merge.model_stock import model_stock
from polyclinic.merge.regmean import regmean
from polyclinic.merge.search import search
from polyclinic.merge.slerp import slerp
from polyclinic.merge.statistics import statistics
from polyclinic.merge.task_arithmetic import task_arithmetic
from polyclinic.merge.ties import ties

__all__ = [
    "breadcrumbs",
    "breadcrumbs_ties",
    "dare_linear",
    "dare_ties",
    "della",
    "della_linear",
    "della_ties",
    "diagnose",
    "fisher",
    "from_yaml",
    "karcher",
    "linear",
    "model_stock",
    "regmean",
    "search",
    "slerp",
    "statistics",
    "task_arithmetic",
    "ties",
]
