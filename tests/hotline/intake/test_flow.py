"""The way through the questions: no sequence of presses leaves it or sends half a report."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from takeback.hotline.intake.domain.answers import AgeBand, Answers, Door, Threat
from takeback.hotline.intake.domain.flow import (
    ENDS,
    NotCompleteError,
    Step,
    StepNotOpenError,
    Visit,
    open_steps,
    route,
)
from takeback.hotline.intake.domain.pictures import Picture

PICTURE = Picture(uuid4(), "ab" * 32, 90, (), "cd" * 32, "ef" * 16)

AGES = st.sampled_from(
    [(age, None) for age in AgeBand if age is not AgeBand.ADULT]
    + [(AgeBand.ADULT, True), (AgeBand.ADULT, False)]
)
ANSWERS: dict[Step, st.SearchStrategy[dict[str, Any]]] = {
    Step.AGE: st.one_of(
        AGES.map(lambda pair: {"age": pair[0], "under_18_then": pair[1]}),
        st.booleans().map(lambda helper: {"helper": helper, "age": None, "under_18_then": None}),
    ),
    Step.THREAT: st.sampled_from(Threat).map(lambda threat: {"threat": threat}),
    Step.THREAT_HELP: st.just({"threat_help_read": True}),
    Step.PICTURES: st.sampled_from(
        [
            {"pictures": (PICTURE,), "lacks_pictures": False},
            {"lacks_pictures": True, "has_address": None},
        ]
    ),
    Step.INSTEAD: st.booleans().map(lambda has_address: {"has_address": has_address}),
}


class Walk(RuleBasedStateMachine):
    """Anyone pressing anything, in any order, from any page they still have open."""

    def __init__(self) -> None:
        super().__init__()
        self.visit = Visit()

    @initialize(door=st.sampled_from(Door), has_read=st.booleans())
    def come_in(self, door: Door, has_read: bool) -> None:
        self.visit = Visit.begun(Answers.of_door(door, threat_help_read=has_read))

    @rule(step=st.sampled_from(sorted(ANSWERS)), data=st.data())
    def answer(self, step: Step, data: st.DataObject) -> None:
        changes = data.draw(ANSWERS[step])
        before = self.visit
        if step in open_steps(before.answers):
            self.visit = before.answer(step, **changes)
            assert self.visit.at is open_steps(self.visit.answers)[-1]
        else:
            with pytest.raises(StepNotOpenError):
                before.answer(step, **changes)

    @rule(data=st.data())
    def answer_the_step_that_is_due(self, data: st.DataObject) -> None:
        due = open_steps(self.visit.answers)[-1]
        if due in ANSWERS:
            self.visit = self.visit.answer(due, **data.draw(ANSWERS[due]))

    @rule(step=st.sampled_from(Step))
    def go(self, step: Step) -> None:
        if step in open_steps(self.visit.answers):
            self.visit = self.visit.go(step)
            assert self.visit.at is step
        else:
            with pytest.raises(StepNotOpenError):
                self.visit.go(step)

    @rule()
    def back(self) -> None:
        if self.visit.before:
            number = self.visit.number
            self.visit = self.visit.go(self.visit.before)
            assert not number or number - 1 <= self.visit.number <= number

    @rule()
    def keep_and_read_again(self) -> None:
        assert Visit.from_json(self.visit.to_json()) == self.visit

    @invariant()
    def the_shown_step_is_open_and_on_the_way(self) -> None:
        way = route(self.visit.answers)
        assert self.visit.at in open_steps(self.visit.answers)
        assert len(set(way)) == len(way)
        assert open_steps(self.visit.answers) == way[: len(open_steps(self.visit.answers))]
        assert 0 <= self.visit.number <= self.visit.total
        assert self.visit.number or self.visit.at in {Step.THREAT_HELP, *ENDS}
        assert (way[-1] is Step.SEND) != (way[-1] in ENDS)
        assert len(way) <= 5 + (self.visit.answers.threat is Threat.YES)

    @invariant()
    def nobody_comes_past_the_threat_unasked(self) -> None:
        answers = self.visit.answers
        beyond = {Step.PICTURES, Step.INSTEAD, Step.SEND, *ENDS} & set(open_steps(answers))
        if beyond:
            assert answers.threat is not None
            assert answers.threat_help_read or answers.threat is not Threat.YES

    @invariant()
    def a_report_exists_exactly_when_the_last_step_is_open(self) -> None:
        answers = self.visit.answers
        if open_steps(answers)[-1] is not Step.SEND:
            with pytest.raises(NotCompleteError):
                self.visit.report()
            return
        report = self.visit.report()
        assert report.age is not AgeBand.ADULT or report.under_18_then is True
        assert report.helper == answers.helper
        assert bool(report.pictures) != answers.lacks_pictures


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=60, stateful_step_count=40)

WHOLE = Answers(age=AgeBand.FROM_13_TO_15, threat=Threat.NO, pictures=(PICTURE,))


def test_the_way_of_most_people_has_four_questions_and_an_end() -> None:
    assert route(Answers()) == (Step.AGE, Step.THREAT, Step.PICTURES, Step.SEND)


def test_what_is_answered_changes_no_number() -> None:
    visit = Visit()
    numbers = [(visit.number, visit.total)]
    for step, changes in (
        (Step.AGE, {"age": AgeBand.FROM_13_TO_15}),
        (Step.THREAT, {"threat": Threat.YES}),
        (Step.THREAT_HELP, {"threat_help_read": True}),
        (Step.PICTURES, {"lacks_pictures": True}),
        (Step.INSTEAD, {"has_address": True}),
    ):
        visit = visit.answer(step, **changes)
        numbers.append((visit.number, visit.total))
    assert numbers == [(1, 4), (2, 4), (2, 4), (3, 4), (3, 4), (4, 4)]


def test_a1_who_comes_by_the_first_door_reads_what_helps_before_any_question() -> None:
    visit = Visit.begun(Answers.of_door(Door.THREAT))
    assert visit.at is Step.THREAT_HELP
    after = visit.answer(Step.THREAT_HELP, threat_help_read=True)
    assert after.at is Step.AGE
    assert after.answer(Step.AGE, age=AgeBand.UNDER_13).at is Step.PICTURES


def test_who_has_read_what_helps_already_is_not_shown_it_again() -> None:
    visit = Visit.begun(Answers.of_door(Door.THREAT, threat_help_read=True))
    assert visit.at is Step.AGE
    assert visit.go(Step.THREAT_HELP).at is Step.THREAT_HELP


def test_a1_who_was_grown_up_in_the_picture_is_asked_about_a_threat_too() -> None:
    visit = Visit().answer(Step.AGE, age=AgeBand.ADULT, under_18_then=False)
    assert visit.at is Step.THREAT
    assert visit.answer(Step.THREAT, threat=Threat.NO).at is Step.ADULT_HELP
    helped = visit.answer(Step.THREAT, threat=Threat.YES)
    assert helped.at is Step.THREAT_HELP
    assert helped.answer(Step.THREAT_HELP, threat_help_read=True).at is Step.ADULT_HELP


def test_who_has_neither_is_not_led_to_a_dead_form() -> None:
    visit = Visit(replace(WHOLE, pictures=None), Step.PICTURES)
    lacking = visit.answer(Step.PICTURES, lacks_pictures=True)
    ended = lacking.answer(Step.INSTEAD, has_address=False)
    assert ended.at is Step.NOTHING_YET
    assert ended.before is Step.INSTEAD


def test_who_has_only_an_address_sends_a_report_without_pictures() -> None:
    visit = Visit(WHOLE, Step.PICTURES).answer(Step.PICTURES, lacks_pictures=True)
    report = visit.answer(Step.INSTEAD, has_address=True).report()
    assert report.pictures == ()


def test_a_helper_is_asked_for_the_age_of_the_young_person() -> None:
    visit = Visit.begun(Answers.of_door(Door.HELPER))
    assert visit.at is Step.AGE
    assert visit.answers.helper
    of_herself = Visit().answer(Step.AGE, helper=True, age=None, under_18_then=None)
    assert of_herself.at is Step.AGE
    assert of_herself.answers.helper


def test_a_new_threat_brings_its_help_again() -> None:
    visit = Visit(replace(WHOLE, threat=Threat.YES, threat_help_read=True), Step.SEND)
    changed = visit.answer(Step.THREAT, threat=Threat.NO).answer(Step.THREAT, threat=Threat.YES)
    assert changed.at is Step.THREAT_HELP
