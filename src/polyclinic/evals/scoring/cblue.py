"""CBLUE as PromptCBLUE asks it: the grammars of its sixteen outputs, and their strict tuples.

A reply is read into a set of tuples (or, for reports, into sections); a tuple is right when every field of it is
written as in the gold. `published` reads as the official code does (first line dropped, choices enforced); otherwise
every line is read, colons and commas of half width count, and a lead line is no tuple because it does not parse.

Source: Zhu et al. 2023, PromptCBLUE; MedCare, eval/cblue; grammars in the order of its documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from statistics import fmean

from polyclinic.evals.scoring.entities import f1_of, set_counts
from polyclinic.evals.scoring.measured import Measured
from polyclinic.evals.scoring.reply_text import clean, says_something
from polyclinic.evals.scoring.rouge import rouge_f1
from polyclinic.evals.scoring.words import RULES
from polyclinic.records import Reply
from polyclinic.tasks import Task

Tuples = frozenset[tuple[str, ...]]
EVENT_FIELDS = ("主体词", "发生状态", "描述词", "解剖部位")
EVENT_LISTS = ("描述词", "解剖部位")
SECTIONS = ("主诉", "现病史", "辅助检查", "既往史", "诊断", "建议")
UNDECIDED = {"CHIP-MDCFNPC": "不标注", "IMCS-V2-SR": "无法根据上下文确定病人是否患有该症状"}
TUPLE_METRICS = ("micro_f1", "micro_precision", "micro_recall", "row_f1", "exact_set")
SAME_LABEL = {"相同": "是的", "不同": "不是", "是": "是的"}  # what CHIP-STS is also answered with
_MARKS = str.maketrans({":": "：", ",": "，", ";": "；"})


def cblue_name(task: Task) -> str:
    """Return the name of a CBLUE sub-task, empty for other tasks."""
    names = task.source.where.get("task_dataset", ()) if task.source is not None else ()
    return names[0] if names else ""


def entity_tuples(text: str, types: Collection[str] | None = None) -> Tuples:
    """Return (entity, type) of lines `TYPE实体：mention，mention`; of `types` alone where they are given."""
    found: set[tuple[str, ...]] = set()
    for line in text.split("\n"):
        head, colon, rest = line.strip().partition("：")
        kind = head.removesuffix("实体")
        if colon and kind != head and (types is None or kind in types):
            found.update((mention.strip(), kind) for mention in rest.split("，") if mention.strip())
    return frozenset(found)


def relation_tuples(text: str, published: bool = False) -> Tuples:
    """Return (object, predicate, subject) of lines `具有R关系的头尾实体对如下：头实体为X，尾实体为Y。...`."""
    found = set()
    for line in text.split("\n"):
        if "关系的头尾实体对" not in line and not published:
            continue
        predicate = line.split("关系的头尾实体对")[0]
        predicate = predicate[2:].strip() if published else predicate.strip().removeprefix("具有").strip()
        rest = line.replace(f"具有{predicate}关系的头尾实体对如下：", "")
        for pair in rest.split("。"):
            parts = pair.split("，尾实体为")
            if len(parts) > 1:
                head, tail = parts[0].replace("头实体为", "").strip(), parts[1].replace("尾实体为", "").strip()
                found.add((tail, predicate, head))
    return frozenset(found)


def term_tuples(text: str, choices: Collection[str] | None = None) -> Tuples:
    """Return (term,) of the standard terms in the last line, behind a colon where there is one."""
    last = text.split("\n")[-1]
    if choices is None:
        last = last.rpartition("：")[2].rstrip("。 ")
    terms = {term.strip() for term in last.split("，")} - {""}
    return frozenset((term,) for term in terms if choices is None or term in choices)


def event_tuples(text: str, published: bool = False) -> Tuples:
    """Return the events, one a line, fields `名：值` divided by ；, those of EVENT_LISTS further by ，."""
    found = set()
    for line in text.split("\n")[published:]:
        event: dict[str, str] = {}
        for field in line.split("；"):
            name, colon, value = (field if published else field.strip()).partition("：")
            if colon and name in EVENT_FIELDS:
                values = [part.strip() for part in value.split("，")] if name in EVENT_LISTS else [value.strip()]
                event[name] = "\n".join(part for part in values if part)
        if event or published:  # the official code makes an empty event of a line that is none
            found.add(tuple(event.get(name, "") for name in EVENT_FIELDS))
    return frozenset(found)


def status_tuples(text: str, published: bool = False, choices: Collection[str] = (), otherwise: str = "") -> Tuples:
    """Return (status, finding) of lines `FINDING：STATUS`; a status outside of `choices` becomes `otherwise`."""
    found = set()
    for line in text.split("\n")[published:]:
        parts = line.split("：")
        if len(parts) == 2 and (published or (parts[0].strip() and parts[1].strip())):
            status = parts[1] if published else parts[1].strip()
            if choices and status not in choices:
                status = otherwise if published else status
            found.add((status, parts[0].strip()))
    return frozenset(found)


def report_sections(text: str, published: bool = False) -> dict[str, str]:
    """Return the sections of a report, one a line, as `NAME：text`."""
    found: dict[str, str] = {}
    for line in text.strip().split("\n")[published:]:
        name, colon, rest = line.strip().partition("：")
        if colon and name in SECTIONS:
            found[name] = rest.strip()
    return found


def corrected_tuples(name: str, text: str) -> Tuples:
    """Return the tuples of a cleaned reply to a CBLUE sub-task, half-width marks taken for full ones."""
    return _READERS[name](text.translate(_MARKS))


_READERS: dict[str, Callable[[str], Tuples]] = {
    "CMeEE-V2": entity_tuples,
    "IMCS-V2-NER": entity_tuples,
    "CMeIE": relation_tuples,
    "CHIP-CDN": term_tuples,
    "CHIP-CDEE": event_tuples,
    "CHIP-MDCFNPC": status_tuples,
    "IMCS-V2-SR": status_tuples,
}


TUPLE_TASKS = frozenset(_READERS)


def usual_label(text: str) -> str:
    """Return a cleaned reply with the label that CHIP-STS asks for in place of what else it is answered with."""
    text = clean(text)
    return SAME_LABEL.get(text.rstrip("。."), text)


def score_tuples(task: Task, replies: Sequence[Reply], texts: Sequence[str]) -> list[list[Measured]]:
    """Score strict tuples: F1, precision and recall of counts summed over the task, mean F1 of rows, exact sets."""
    name = cblue_name(task)
    scored = []
    for reply, text in zip(replies, texts, strict=True):
        gold, said = corrected_tuples(name, clean(reply.gold)), corrected_tuples(name, text)
        scored.append(tuple_row(set_counts(gold, said, says_something(text))))
    return scored


def tuple_row(counts: dict[str, int]) -> list[Measured]:
    """Return the metrics of the counts of one reply."""
    f1 = f1_of(counts)
    precision = counts["matched"] / counts["predicted"] if counts["predicted"] else float(not counts["gold"])
    recall = counts["matched"] / counts["gold"] if counts["gold"] else float(not counts["predicted"])
    values = {"micro_f1": f1, "micro_precision": precision, "micro_recall": recall}
    row = [Measured(name, value, parts=counts) for name, value in values.items()]
    return [*row, Measured("row_f1", f1), Measured("exact_set", float(f1 == 1.0))]


def score_report(task: Task, replies: Sequence[Reply], texts: Sequence[str]) -> list[list[Measured]]:
    """Score a report by the ROUGE F1 of its sections, by characters; the sections of all reports weigh the same.

    The sections are those of the gold that have a text; one that the reply lacks scores 0.
    """
    divide = RULES["characters"]()
    scored = []
    for reply, text in zip(replies, texts, strict=True):
        gold = {name: body for name, body in report_sections(clean(reply.gold).translate(_MARKS)).items() if body}
        said = report_sections(text.translate(_MARKS))
        if not gold:
            scored.append([Measured("rougeL", None, "the gold has no section")])
            continue
        each = [rouge_f1(divide(said.get(name, "")), [divide(body)]) for name, body in gold.items()]
        means = {
            name: fmean(values[place] for values in each)
            for place, name in ((2, "rougeL"), (0, "rouge1"), (1, "rouge2"))
        }
        row = [Measured(name, value, weight=float(len(gold))) for name, value in means.items()]
        scored.append([*row, Measured("answer_found", float(bool(said)))])
    return scored
