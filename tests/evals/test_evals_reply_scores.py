from __future__ import annotations

from polyclinic.evals.reply_scores import TOGETHER, scores_of
from polyclinic.evals.scoring import score_replies
from polyclinic.records import Reply
from polyclinic.tasks import load_catalog


def test_labels_that_are_known_from_golds_alone_are_known_to_every_item() -> None:
    task = load_catalog()["meds-ins-039-catalonia-independence-stance"]
    golds = ["melanoma" if n == TOGETHER + 7 else ("asthma", "gout")[n % 2] for n in range(TOGETHER + 20)]
    replies = [
        Reply(model="m", fingerprint="f", task=task.name, item=str(n), text="It is melanoma.", gold=gold)
        for n, gold in enumerate(golds)
    ]
    together = score_replies(task, replies, "corrected")
    made = [score for score in scores_of(replies, {task.name: task}, {}) if score.scorer.startswith("corrected")]
    assert [(s.metric, s.value, s.parts) for s in made] == [
        (m.metric, m.value, m.parts) for one in together for m in one
    ]
