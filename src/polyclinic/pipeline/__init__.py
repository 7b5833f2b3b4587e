"""From a recipe to a plan to a run, over the store of artifacts.

In: a recipe file. Out: artifacts in the store and `run.json`, the record of the run. This room imports no stage: a
kind named `merge.slerp` is looked up in `polyclinic.merge` when it is needed.
"""

from polyclinic.pipeline.executor import is_recorded, run_plan
from polyclinic.pipeline.plan import Plan, PlannedStep, make_plan
from polyclinic.pipeline.recipe import Recipe, RecipeStep, load_recipe
from polyclinic.pipeline.run_record import RunRecord, StepRecord, read_run, write_run
from polyclinic.pipeline.store import Store

__all__ = [
    "Plan",
    "PlannedStep",
    "Recipe",
    "RecipeStep",
    "RunRecord",
    "StepRecord",
    "Store",
    "is_recorded",
    "load_recipe",
    "make_plan",
    "read_run",
    "run_plan",
    "write_run",
]
