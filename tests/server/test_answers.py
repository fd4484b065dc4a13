"""Every call once, whatever comes when."""

import asyncio

import pytest

pytest.importorskip("fastapi", reason="pip install 'parfocal[serve]'")

from parfocal.errors import InvalidInput, OutOfStep, StorageError, StorageUnavailable
from parfocal.server.answers import Answers


class Work:
    """Counts how often it is done; waits for a gate, then fails or answers."""

    def __init__(self, *results):
        self.results = list(results)
        self.done = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self):
        self.done += 1
        await self.gate.wait()
        result = self.results.pop(0) if len(self.results) > 1 else self.results[0]
        if isinstance(result, BaseException):
            raise result
        return result


def test_a_second_call_gets_the_first_answer_also_while_that_is_made():
    async def main():
        answers, work = Answers(), Work(b"one", b"two")
        work.gate.clear()
        calls = [asyncio.create_task(answers.once("a", work)) for _ in range(3)]
        await asyncio.sleep(0.01)
        assert work.done == 1
        work.gate.set()
        assert await asyncio.gather(*calls) == [b"one"] * 3
        assert await answers.once("a", work) == b"one"
        assert await answers.once("b", work) == b"two"
        assert await answers.once("", work) == await answers.once("", work) == b"two"
        assert work.done == 4

    asyncio.run(main())


@pytest.mark.parametrize("error", [OutOfStep("no"), InvalidInput("no"), StorageError("no such study")])
def test_what_was_refused_stays_refused(error):
    async def main():
        answers, work = Answers(), Work(error, b"two")
        for _ in range(3):
            with pytest.raises(type(error)):
                await answers.once("a", work)
        assert work.done == 1

    asyncio.run(main())


def caused():
    error = StorageError("damaged")
    error.__cause__ = OSError()
    return error


@pytest.mark.parametrize("error", [StorageUnavailable("away"), caused(), ZeroDivisionError()])
def test_what_failed_for_now_is_tried_again(error):
    async def main():
        answers, work = Answers(), Work(error, b"two")
        with pytest.raises(type(error)):
            await answers.once("a", work)
        assert await answers.once("a", work) == b"two"

    asyncio.run(main())


def test_a_call_that_is_cancelled_is_not_remembered():
    async def main():
        answers, work = Answers(), Work(b"one")
        work.gate.clear()
        first = asyncio.create_task(answers.once("a", work))
        await asyncio.sleep(0.01)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        work.gate.set()
        assert await answers.once("a", work) == b"one"

    asyncio.run(main())


def test_the_oldest_are_forgotten_by_number_and_by_size():
    async def main():
        for answers in (Answers(most=3), Answers(most_bytes=350)):
            slow = Work(b"")
            slow.gate.clear()
            waiting = asyncio.create_task(answers.once("slow", slow))
            await asyncio.sleep(0)
            work = Work(b"x" * 100)
            for i in range(9):
                await answers.once(f"{i}", work)
            assert "8" in answers and "0" not in answers
            assert "slow" in answers, "what is at work is not forgotten"
            assert len(answers) <= 4
            slow.gate.set()
            assert await waiting == b""
            assert answers._bytes == 100 * sum(f"{i}" in answers for i in range(9))

    asyncio.run(main())
