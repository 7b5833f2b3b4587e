from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.synth.judgements import UnusableAnswer, mean_scores, read_judgement
from polyclinic.synth.mediflow.implied_schema import implied_schema, schema_problem
from polyclinic.synth.mediflow.tagged import Unusable, read_tagged
from polyclinic.synth.preference_tiers import Tier, tier_sizes
from polyclinic.synth.stratified import best_of_each, equal_shares

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="<>"), min_size=1).filter(str.strip)


def tagged(instruction: str, pairs: list[tuple[str, str]]) -> str:
    blocks = "\n".join(f"<example><input>{a}</input>\n<output>{b}</output></example>" for a, b in pairs)
    return f"<instruction>{instruction}</instruction>\n<examples>\n{blocks}\n</examples>"


@given(
    WORDS, st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=5, unique_by=lambda pair: " ".join(pair[0].split()))
)
def test_what_is_written_in_tags_is_read_back(instruction: str, pairs: list[tuple[str, str]]) -> None:
    found = read_tagged(tagged(instruction, pairs), len(pairs), "plain_text")
    assert found.instruction == instruction.strip()
    assert found.pairs == tuple((a.strip(), b.strip()) for a, b in pairs)


TWO = [("in 1", "out 1"), ("in 2", "out 2")]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("no tags at all", "missing tag: expected <instruction>, found the end of the answer"),
        (tagged("do it", TWO).replace("</examples>", ""), "missing tag: expected <example>, found the end"),
        (tagged("do it", TWO).replace("<output>", "", 1), "missing tag: expected <output>, found </output>"),
        (tagged(" ", TWO), "empty text: nothing between <instruction> and </instruction>"),
        (tagged("do it", [("in", ""), TWO[1]]), "empty text: nothing between <output>"),
        (tagged("do it", TWO[:1]), "wrong number of examples: 1 instead of 2"),
        (tagged("do it", [TWO[0], TWO[0]]), "repeated input"),
        (tagged("do it", TWO) + tagged("and", TWO), "misplaced tag: <instruction> after the end"),
        (tagged("do it", TWO) + "Hope this helps!", "text beside the tags: something follows"),
        (tagged("do it", TWO).replace("<examples>", "Here: <examples>"), "text beside the tags"),
    ],
)
def test_an_answer_of_another_form_is_refused_with_the_reason(answer: str, reason: str) -> None:
    with pytest.raises(Unusable, match=reason):
        read_tagged(answer, 2, "plain_text")


def test_an_output_that_should_be_json_must_be() -> None:
    good = tagged("do it", [("a", '```json\n{"x": 1}\n```'), ("b", '{"x": 2}')])
    assert [json.loads(output) for _, output in read_tagged(good, 2, "json").pairs] == [{"x": 1}, {"x": 2}]
    with pytest.raises(Unusable, match="broken JSON: the output of example 2"):
        read_tagged(tagged("do it", [("a", '{"x": 1}'), ("b", "{x: 2}")]), 2, "json")
    with pytest.raises(Unusable, match="neither an object nor a list"):
        read_tagged(tagged("do it", [("a", "3"), ("b", '{"x": 2}')]), 2, "json")


def test_the_schema_is_what_the_outputs_share_and_the_instruction_names() -> None:
    outputs = [{"drug": "a", "dose": 1}, {"drug": "b", "dose": 2}, {"drug": "c"}]
    schema = implied_schema('Give "drug" and "dose".', outputs)
    assert schema["required"] == ["dose", "drug"]
    assert [schema_problem(schema, output) for output in outputs] == ["", "", "the key 'dose' is missing"]
    assert schema_problem(schema, {"drug": "a", "dose": "one"}) == "'dose' is of type string instead of number"
    assert schema_problem(schema, [1]) == "it is of type array, the others of type object"
    assert schema_problem(schema, {"drug": "a", "dose": None}) == ""


def test_lists_of_objects_have_a_schema_of_their_elements() -> None:
    schema = implied_schema("", [[{"entity": "x"}], [{"entity": "y"}, {"entity": "z"}]])
    assert schema_problem(schema, [{"entity": "w"}]) == ""
    assert schema_problem(schema, [{"name": "w"}]) == "the key 'entity' is missing"
    assert schema_problem(schema, ["w"]) == "an element is no object, those of the others are"
    assert schema_problem(implied_schema("", [["a"], ["b", "c"]]), ["d"]) == ""


def judgement(**scores: object) -> str:
    return json.dumps({key: {"rationale": "because", "score": score} for key, score in scores.items()})


def test_scores_are_means_over_the_judgements() -> None:
    read = [read_judgement(judgement(quality=n), ["quality"]) for n in (3, 3, 4, 2, 3)]
    assert mean_scores(read) == {"quality": 3.0}
    assert mean_scores([]) == {}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (judgement(quality=7), "score off the scale: 'quality' got 7; expected a whole number from 1 to 4"),
        (judgement(quality=0), "off the scale"),
        (judgement(quality=2.5), "off the scale"),
        (judgement(quality=True), "off the scale"),
        (judgement(realism=3), "no score: 'quality'"),
        ('{"quality": 3}', "no score: 'quality' needs an object"),
        ("quality: 3", "broken JSON"),
        ("[3]", "expected an object, found list"),
    ],
)
def test_a_judgement_off_the_scale_or_form_is_refused(answer: str, reason: str) -> None:
    with pytest.raises(UnusableAnswer, match=reason):
        read_judgement(answer, ["quality"])


def test_a_fenced_judgement_after_thoughts_is_read() -> None:
    answer = f"<think>hm</think>```json\n{judgement(quality='4')}\n```"
    assert read_judgement(answer, ["quality"]).scores == {"quality": 4}


@given(st.dictionaries(st.integers(0, 9), st.integers(0, 30)), st.integers(0, 200))
def test_shares_give_what_is_wanted_as_evenly_as_can_be(sizes: dict[int, int], wanted: int) -> None:
    shares = equal_shares(sizes, wanted)
    assert sum(shares.values()) == min(wanted, sum(sizes.values()))
    assert all(0 <= shares[cell] <= size for cell, size in sizes.items())
    unfilled = [shares[cell] for cell, size in sizes.items() if shares[cell] < size]
    most = max(shares.values(), default=0)
    assert all(share >= most - 1 for share in unfilled)


def test_each_cell_gives_its_best() -> None:
    scores = [1.0, 4.0, 3.0, 2.0, 2.5]
    assert best_of_each("abcde", ["x", "x", "x", "y", "y"], scores, 3) == [1, 2, 4]
    assert best_of_each("abcde", ["x", "x", "x", "y", "y"], scores, 2) == [1, 4]


def test_tiers_shrink_alike_when_there_are_fewer_instructions() -> None:
    tiers = [Tier(instructions=20, pairs=3), Tier(instructions=25, pairs=2), Tier(instructions=40, pairs=1)]
    assert tier_sizes(tiers, 100, "proportional") == [(20, 3), (25, 2), (40, 1)]
    assert tier_sizes(tiers, 17, "proportional") == [(4, 3), (5, 2), (8, 1)]
    assert tier_sizes(tiers, 30, "as_given") == [(20, 3), (10, 2), (0, 1)]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=5), st.integers(0, 200), st.booleans())
def test_no_instruction_is_lost_between_the_tiers(wanted: list[int], instructions: int, proportional: bool) -> None:
    tiers = [Tier(instructions=number, pairs=1) for number in wanted]
    sizes = tier_sizes(tiers, instructions, "proportional" if proportional else "as_given")
    assert sum(size for size, _ in sizes) == min(instructions, sum(wanted))
    assert all(0 <= size <= number for (size, _), number in zip(sizes, wanted, strict=True))
