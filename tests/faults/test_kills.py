"""Kill -9 at the worst moments, some hundred times: nothing is lost, nothing is doubled, the budget is met exactly."""

import os

import pytest
from campaign import Crew, check, wait
from members import PLACES, study

from parfocal.storage import open_storage

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")]
KILLS = 15
BUDGET = 150


@pytest.fixture
def place_of(tmp_path, request):
    """Return where a study of a kind of storage lies."""

    def url(kind):
        return request.getfixturevalue("postgres_url") if kind == "postgres" else f"sqlite:///{tmp_path}/study.db"

    return url


def begin(url, budget, name="faults"):
    storage = open_storage(url)
    one = study(storage, name)
    storage.set_budget(one.record.id, budget)
    return storage, one.record.id


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@pytest.mark.parametrize("place", PLACES)
def test_killed(place, kind, place_of, record_property):
    url = place_of(kind)
    storage, record = begin(url, BUDGET)
    crew = Crew(url, "faults")
    try:
        while crew.deaths < KILLS:
            budget = storage.state(record).budget
            if storage.state(record).spent > budget - 50:  # nobody is killed in a study that has ended
                storage.set_budget(record, budget + 100)
            crew.tend(place)
        budget = storage.state(record).budget
        crew.tend(None)

        def done():
            crew.tend(None)
            return storage.state(record).spent >= budget

        wait(done, 120, f"the study does not end: {storage.state(record)}")
    finally:
        storage.close()
    crew.dismiss()
    found = check(url, "faults", budget)
    record_property("kills", crew.deaths)
    print(f"{kind:9} {place:10} {crew.deaths:3} kills, {found}")
