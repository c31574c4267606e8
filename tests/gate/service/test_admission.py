"""The budget of bytes in memory, by itself: who gives way to whom."""

import asyncio

import pytest

from takeback.gate.service.admission import MemoryBudget, RequestProblem, Reservation


async def _hold(
    budget: MemoryBudget, wanted: int, until: asyncio.Event, taken: asyncio.Event
) -> None:
    with budget.reservation() as held:
        async with held.while_arriving(600):
            held.take(wanted)
            taken.set()
            await until.wait()


async def _held(budget: MemoryBudget, wanted: int) -> tuple["asyncio.Task[None]", asyncio.Event]:
    until, taken = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(_hold(budget, wanted, until, taken))
    await taken.wait()
    return task, until


def test_the_larger_one_on_its_way_gives_way_to_the_smaller() -> None:
    async def scenario() -> None:
        budget = MemoryBudget(100)
        small, _ = await _held(budget, 20)
        large, _ = await _held(budget, 80)
        with budget.reservation() as newcomer:
            newcomer.take(30)
            assert (newcomer.taken, budget.left) == (30, 50)
            with pytest.raises(RequestProblem, match="busy") as busy:
                await large
            assert (busy.value.status, busy.value.kind) == (503, "busy")
            assert not small.done()
            assert budget.left == 50
        assert (budget.left, budget.given_up) == (80, 1)
        small.cancel()

    asyncio.run(scenario())


def test_the_largest_is_refused_itself_and_harms_nobody() -> None:
    async def scenario() -> None:
        budget = MemoryBudget(100)
        others = [await _held(budget, 40) for _ in range(2)]
        with budget.reservation() as newcomer:
            newcomer.take(20)
            with pytest.raises(RequestProblem, match="busy"):
                newcomer.take(40)
        for task, until in others:
            until.set()
            await task
        assert (budget.left, budget.given_up) == (100, 1)

    asyncio.run(scenario())


def test_what_has_arrived_is_not_given_up() -> None:
    async def scenario() -> None:
        budget = MemoryBudget(100)
        with budget.reservation() as arrived, budget.reservation() as newcomer:
            async with arrived.while_arriving(600):
                arrived.take(90)
            with pytest.raises(RequestProblem, match="busy"):
                newcomer.take(20)
            assert arrived.taken == 90
        assert budget.left == 100

    asyncio.run(scenario())


def test_a_body_that_does_not_come_is_too_slow() -> None:
    async def scenario() -> None:
        budget = MemoryBudget(100)
        held = Reservation(budget)
        with pytest.raises(RequestProblem) as slow:
            async with held.while_arriving(0.01):
                await asyncio.Event().wait()
        assert (slow.value.status, slow.value.kind) == (408, "too_slow")

    asyncio.run(scenario())
