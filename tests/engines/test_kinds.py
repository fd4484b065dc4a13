"""Engines by their kinds, those of other packages included."""

from importlib.metadata import EntryPoint

import pytest

from parfocal import Float, Study
from parfocal.engines import KINDS, Engine, LocalEngine, engine_from_dict
from parfocal.errors import InvalidInput


class Here:
    """An engine of another package: it evaluates in the coordinator's own process, at each look."""

    size = 1

    def __init__(self, options=None, workers=None, folder=None):
        self.given = (options, workers, folder)
        self.stopped = 0

    from_dict = classmethod(lambda cls, options, workers, folder: cls(options, workers, folder))

    def start(self, storage, plan):
        self.storage, self.plan = storage, plan

    def tend(self):
        from parfocal.workers import work

        record = self.storage.open_study(self.plan.study)
        work(self.storage, record, self.plan.evaluator, self.plan.objective, isolation="none", drain=True)
        return 1

    def stop(self):
        self.stopped += 1

    def logs(self):
        yield from ()

    def preview(self, plan):
        return ""


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_an_engine(kind):
    assert isinstance(engine_from_dict(kind), Engine)


def test_another_package_may_bring_one(monkeypatch, tmp_path):
    point = EntryPoint("here", f"{__name__}:Here", "parfocal.engines")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [point])
    monkeypatch.setattr("importlib.import_module", lambda name: __import__("types").SimpleNamespace(Here=Here))
    engine = engine_from_dict({"kind": "here", "colour": "red"}, 3, tmp_path)
    assert engine.given == ({"colour": "red"}, 3, tmp_path)


def test_any_engine_serves_a_study():
    engine = Here()
    study = Study({"x": Float(0, 1)}, "minimize loss", lambda x: x, optimizer="random")
    study.run(20, engine=engine)
    assert study.counts.complete == 20
    assert engine.stopped == 1


def test_one_that_fails_is_stopped_too():
    class Broken(Here):
        def tend(self):
            raise RuntimeError("no")

    engine = Broken()
    with pytest.raises(RuntimeError):
        Study({"x": Float(0, 1)}, "minimize loss", lambda x: x, optimizer="random").run(2, engine=engine)
    assert engine.stopped == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("slrum", "There is no kind of engine 'slrum'; did you mean 'slurm'?"),
        ("cloud", "There is no kind of engine 'cloud'; known are 'local', 'dask', 'slurm'."),
        ({"workers": 3}, "An engine is a kind, or a mapping with the key 'kind'"),
        (["slurm"], "An engine is a kind, or a mapping with the key 'kind'"),
        ({"kind": "local", "cores": 3}, "The engine 'local' has no option 'cores'"),
    ],
)
def test_what_is_no_engine_is_one_sentence(fields, said):
    with pytest.raises(InvalidInput) as caught:
        engine_from_dict(fields)
    assert said in str(caught.value)


def test_what_cannot_be_loaded_is_one_sentence(monkeypatch):
    monkeypatch.setitem(KINDS, "broken", "parfocal.no_such_module:Engine")
    with pytest.raises(InvalidInput, match="The engine 'broken' cannot be loaded: No module named"):
        engine_from_dict("broken")


def test_local_takes_the_number_of_workers_from_above():
    engine = engine_from_dict("local", 3)
    assert isinstance(engine, LocalEngine)
    assert engine.size == 3
