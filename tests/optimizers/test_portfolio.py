"""Portfolios: credit by what each member brought, turns by shares, and a memory that outlives the process."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

from parfocal import Float, Study
from parfocal.errors import OptimizerError
from parfocal.optimizers import compose, parts, propose
from parfocal.optimizers.bandit import Bandit
from parfocal.optimizers.portfolio import MEMORY, Turn, credits, spread
from parfocal.space import Space
from parfocal.trials import History, State

SPACE = Space({"x": Float(0, 1), "y": Float(0, 1)})


def _told(losses, members, states=State.COMPLETE):
    history = History(2)
    history.append(SPACE.sample(len(losses), np.random.default_rng(0)), member=members)
    history.tell(np.arange(len(losses)), states, losses)
    return history


def test_records_and_the_tip_are_credited_and_older_results_count_less():
    losses = [5.0, 4.0, 9.0, 9.0, 3.0, *[9.0] * 35, 3.5]
    history = _told(losses, [0, 1, 0, 1, 0, *[1] * 35, 0])
    gain, count = credits(history, 2)
    n = len(losses)
    age = MEMORY ** np.arange(n - 1, -1, -1.0)
    assert gain[0] == pytest.approx(age[0] + age[4] + 0.3 * age[-1])
    assert gain[1] == pytest.approx(age[1])
    assert count.sum() == pytest.approx(age.sum())


def test_failures_bring_nothing_and_pending_or_lost_trials_are_not_counted():
    history = _told([1.0, np.nan, np.nan], [0, 1, 2], [State.COMPLETE, State.FAILED, State.LOST])
    history.append(SPACE.sample(2, np.random.default_rng(1)), member=[2, 2])
    gain, count = credits(history, 3)
    np.testing.assert_allclose(gain, [MEMORY, 0, 0])
    np.testing.assert_allclose(count, [MEMORY, 1, 0])
    assert credits(History(2), 3)[1].sum() == 0


@pytest.mark.parametrize("seed", [0, 17, 2**40])
def test_shares_are_met_closely_however_asks_are_cut(seed):
    shares = np.array([0.5, 0.3, 0.2])
    whole = spread(shares, 20, 200, seed)
    parts = sum(spread(shares, start, n, seed) for start, n in ((20, 1), (21, 60), (81, 139)))
    np.testing.assert_array_equal(whole, parts)
    assert np.abs(whole - 200 * shares).max() <= 3


def test_a_member_that_brings_more_gets_more_turns_and_none_is_given_up():
    losses = 1.0 / np.arange(1, 61)
    losses[1::2] = 9.0
    history = _told(losses, np.arange(60) % 2)
    turns = {turn.member: turn.count for turn in Bandit("tpe | random").plan(SPACE, history, 100, 0)}
    assert turns[0] > 70
    assert turns[1] >= 10


def test_each_row_says_whose_it_is_and_why():
    history = _told(np.linspace(1, 0, 30), np.arange(30) % 2)
    proposal = propose(SPACE, "portfolio(members='tpe | random')", history, 12)
    assert sorted(set(proposal.members.tolist())) == [0, 1]
    samplers = {0: "parzen", 1: "random"}
    for member, provenance in zip(proposal.members.tolist(), proposal.provenances(), strict=True):
        assert (provenance.member, provenance.sampler) == (member, samplers[member])
        assert "successes a trial" in provenance.note


def test_owners_survive_storage(tmp_path):
    def study():
        return Study(
            SPACE, evaluator=lambda x, y: (x - 0.3) ** 2 + y, optimizer="portfolio(members='tpe | local')",
            storage=tmp_path / "s.db",
        )  # fmt: skip

    first = study().run(40)
    owners = first.history.member.copy()
    assert set(owners[:20]) == {-1}
    assert set(owners[20:]) == {0, 1}
    again = study()
    np.testing.assert_array_equal(again.history.member, owners)
    whole = Study(SPACE, evaluator=first.evaluator, optimizer=str(first.composition), storage=tmp_path / "w.db").run(60)
    np.testing.assert_array_equal(again.run(60).history.X, whole.history.X)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("portfolio(members='tpe')", "at least two optimizers"),
        ("portfolio(members='tpe | ')", "at least two optimizers"),
        (
            "portfolio(members='tpe | tpf')",
            r"In member 2 of the portfolio, 'tpf': There is no optimizer 'tpf' \(character 1\); did you mean 'tpe'",
        ),
        ("portfolio(members='tpe | local(scale=2')", r"In member 2 of the portfolio, 'local\(scale=2': Cannot read"),
        ("portfolio(members='tpe | auto')", "cannot be a member of another one"),
        ("portfolio(least=0)", "least must be above 0"),
        ("auto(member=3)", "has no option 'member'"),
    ],
)
def test_wrong_portfolios_are_told_in_a_sentence(text, message):
    with pytest.raises(OptimizerError, match=message):
        compose(text)


def test_a_finite_member_leaves_its_turns_to_the_others():
    history = History(2)
    for _ in range(8):
        proposal = propose(SPACE, "portfolio(members='grid(target=9) | random', least=1.0)", history, 10, warmup=0)
        assert len(proposal) == 10
        rows = proposal.enter(history)
        history.tell(np.arange(rows.start, rows.stop), State.COMPLETE, proposal.X.sum(axis=1))
    assert (history.member == 0).sum() == 9, "the grid has nine points, and no more"


def test_a_failed_first_trial_is_no_record():
    history = _told([np.nan, 2.0], [0, 1], [State.FAILED, State.COMPLETE])
    np.testing.assert_allclose(credits(history, 2)[0], [0, 1])


MIXED = "portfolio(members='gp | cma-es | trust-region | local + annealing | tpe', least=1.0)"


def test_what_copies_of_a_history_inherit_changes_nothing_but_time():
    history = History(2)
    for _ in range(6):
        proposal = propose(SPACE, MIXED, history, 10, seed=4)
        afresh = propose(SPACE, MIXED, history.at(len(history), len(history.finished_order)), 10, seed=4)
        np.testing.assert_array_equal(proposal.X, afresh.X)
        rows = proposal.enter(history)
        history.tell(np.arange(rows.start, rows.stop), State.COMPLETE, (proposal.X**2).sum(axis=1))


@dataclass(frozen=True)
class Alternate:
    """Take turns."""

    least: int = 1
    name: ClassVar[str] = "alternate"
    learns: ClassVar[bool] = True

    @property
    def texts(self):
        return ("tpe", "random")

    def plan(self, space, history, n, seed):
        return (Turn((len(history) + seed) % 2, n, "its turn"),)


def test_a_policy_of_another_package_is_used_by_its_name(monkeypatch):
    def entry_points(*, group, name="alternate"):
        found = (group, name) == ("parfocal.policies", "alternate")
        return [SimpleNamespace(name="alternate", load=lambda: Alternate)] if found else []

    monkeypatch.setattr(parts, "entry_points", entry_points)
    composition = compose("alternate(least=2)")
    assert composition.policy == Alternate(2) and compose(str(composition)) == composition
    proposal = propose(SPACE, composition, _told(np.linspace(1, 0, 30), np.arange(30) % 2), 3, seed=1)
    assert proposal.members.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    "text",
    [
        """portfolio(members='mixture(samplers="random | local") | tpe')""",
        r"""portfolio(members="tpe | mixture(samplers=\"random | local\", shares='1 2') + random-forest(trees=20)")""",
        """portfolio(members="mixture(samplers='random | local') | tpe", least=0.5)""",
    ],
)
def test_a_bar_within_a_members_options_is_no_border(text):
    composition = compose(text)
    assert {member.sampler.name for member in composition.members} == {"mixture", "parzen"}
    assert next(m.sampler.samplers for m in composition.members if m.sampler.name == "mixture") == "random | local"
    assert compose(str(composition)) == composition
