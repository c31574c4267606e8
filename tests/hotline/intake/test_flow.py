"""The way through the questions: no sequence of presses leaves it or sends half a report."""

from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from takeback.hotline.intake.domain.answers import AgeBand, Answers, Have, Threat
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

ANSWERS = {
    Step.AGE: st.sampled_from(AgeBand).map(lambda age: {"age": age}),
    Step.THEN: st.booleans().map(lambda then: {"under_18_then": then}),
    Step.HAVE: st.sampled_from(Have).map(lambda have: {"have": have}),
    Step.PICTURES: st.sampled_from([(), (PICTURE,)]).map(lambda pictures: {"pictures": pictures}),
    Step.ADDRESSES: st.sampled_from([(), ("https://example.org/",)]).map(
        lambda addresses: {"addresses": addresses}
    ),
    Step.THREAT: st.sampled_from(Threat).map(lambda threat: {"threat": threat}),
    Step.THREAT_HELP: st.just({"threat_help_read": True}),
    Step.APPS: st.sampled_from([(), ("TikTok",)]).map(lambda apps: {"apps": apps}),
    Step.CHECK: st.just({"checked": True}),
}


class Walk(RuleBasedStateMachine):
    """Anyone pressing anything, in any order, from any page they still have open."""

    def __init__(self) -> None:
        super().__init__()
        self.visit = Visit()

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
            assert self.visit.number == number - 1

    @rule()
    def keep_and_read_again(self) -> None:
        assert Visit.from_json(self.visit.to_json()) == self.visit

    @invariant()
    def the_shown_step_is_open_and_on_the_way(self) -> None:
        way = route(self.visit.answers)
        assert self.visit.at in open_steps(self.visit.answers)
        assert len(set(way)) == len(way)
        assert open_steps(self.visit.answers) == way[: len(open_steps(self.visit.answers))]
        assert 1 <= self.visit.number <= self.visit.total == len(way)
        assert (way[-1] is Step.CODE) != (way[-1] in ENDS)

    @invariant()
    def a_report_exists_exactly_when_the_code_step_is_open(self) -> None:
        answers = self.visit.answers
        if open_steps(answers)[-1] is not Step.CODE:
            with pytest.raises(NotCompleteError):
                self.visit.report()
            return
        report = self.visit.report()
        assert answers.checked
        assert report.pictures or report.addresses
        assert report.age is not AgeBand.ADULT or report.under_18_then is True
        assert not report.pictures or answers.have in {Have.PICTURES, Have.BOTH}
        assert not report.addresses or answers.have in {Have.ADDRESSES, Have.BOTH}


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=60, stateful_step_count=40)

WHOLE = Answers(
    age=AgeBand.FROM_13_TO_15,
    have=Have.BOTH,
    pictures=(PICTURE,),
    addresses=(),
    threat=Threat.NO,
    apps=(),
    checked=True,
)


def test_who_was_grown_up_in_the_picture_is_led_to_other_services() -> None:
    visit = Visit().answer(Step.AGE, age=AgeBand.ADULT)
    assert visit.at is Step.THEN
    assert visit.answer(Step.THEN, under_18_then=False).at is Step.ADULT_HELP
    assert visit.answer(Step.THEN, under_18_then=True).at is Step.HAVE


def test_who_has_neither_is_not_led_to_a_dead_form() -> None:
    visit = Visit().answer(Step.AGE, age=AgeBand.UNDER_13)
    ended = visit.answer(Step.HAVE, have=Have.NEITHER)
    assert ended.at is Step.NOTHING_YET
    assert ended.before is Step.HAVE


def test_a_threat_brings_advice_and_the_way_goes_on() -> None:
    visit = Visit(replace(WHOLE, threat=None, checked=False), Step.THREAT)
    advised = visit.answer(Step.THREAT, threat=Threat.YES)
    assert advised.at is Step.THREAT_HELP
    assert advised.answer(Step.THREAT_HELP, threat_help_read=True).at is Step.CHECK


def test_a_change_is_checked_again_before_anything_is_sent() -> None:
    visit = Visit(WHOLE, Step.CODE)
    changed = visit.answer(Step.APPS, apps=("TikTok",))
    assert changed.at is Step.CHECK
    with pytest.raises(NotCompleteError):
        changed.report()


def test_what_is_no_longer_asked_is_not_sent() -> None:
    both = replace(WHOLE, addresses=("https://example.org/",))
    changed = Visit(both, Step.CODE).answer(Step.HAVE, have=Have.ADDRESSES)
    report = changed.answer(Step.CHECK, checked=True).report()
    assert report.pictures == ()
    assert report.addresses == ("https://example.org/",)
