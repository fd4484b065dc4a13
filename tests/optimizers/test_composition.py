import re

import pytest

from parfocal.errors import OptimizerError
from parfocal.optimizers import ZOO, compose, parts
from parfocal.optimizers.catalogue import POLICIES, SAMPLERS
from parfocal.optimizers.text import Part
from parfocal.optimizers.zoo import COLUMNS, DEFAULT, member, table


@pytest.mark.parametrize("name", [m.name for m in ZOO if not m.package])
def test_zoo_members_round_trip_through_their_text(name):
    composition = compose(name)
    assert compose(str(composition)) == composition
    assert compose(member(name).parts) == composition


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("strategy", parts.names("strategy"))
def test_every_pair_composes(sampler, strategy):
    composition = compose(f"{sampler} + {strategy}")
    assert (composition.sampler.name, composition.strategy.name) == (sampler, strategy)
    assert compose(str(composition)) == composition


def test_names_are_unique_and_agree_with_the_samplers():
    names = [m.name for m in ZOO]
    assert len(set(names)) == len(names)
    assert DEFAULT in names
    for name in set(names) & (set(SAMPLERS) | set(POLICIES)):
        assert member(name).parts == name


def test_the_five_of_table_2_and_the_two_sequences_are_there():
    parts_by_name = {m.name: m.parts for m in ZOO}
    assert parts_by_name["random"] == "random"
    assert parts_by_name["tpe"] == "parzen + density-ratio"
    assert parts_by_name["cma-es"] == "multivariate-normal + evolutionary"
    assert parts_by_name["smac-rf"] == "random + random-forest"
    assert parts_by_name["smac-xgboost"] == "random + xgboost"
    assert {"grid", "sobol"} <= set(parts_by_name)


def test_table_is_text_under_its_headings():
    rows = table()
    assert len(rows) == len(ZOO)
    assert all(len(row) == len(COLUMNS) and all(isinstance(cell, str) and cell for cell in row) for row in rows)


def test_options_reach_the_part_and_defaults_stay_out_of_the_text():
    composition = compose("local(scale=1, restarts=0.25)")
    assert composition.sampler.scale == 1.0 and type(composition.sampler.scale) is float
    assert str(composition) == "local(scale=1.0, restarts=0.25)"
    assert str(compose("local(scale=0.3) + accept-all")) == "local"
    text = "random + random-forest(trees=20, acquisition=lcb, pool=100)"
    strategy = compose(text).strategy
    assert (strategy.surrogate.trees, strategy.acquisition, strategy.pool) == (20, "lcb", 100)
    assert str(compose(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("randon", "There is no optimizer 'randon' (character 1); did you mean 'random'?"),
        ("smac-fr", "did you mean 'smac-rf'?"),
        ("random + random-fores", "There is no strategy 'random-fores' (character 10); did you mean 'random-forest'?"),
        ("parsen + density-ratio", "There is no sampler 'parsen' (character 1); did you mean 'parzen'?"),
        ("zzz", "There is no optimizer 'zzz' (character 1); `parfocal zoo` lists the names."),
        ("grid(zzz=1)", "has no option 'zzz': choose from order, target."),
        ("random + auto", "'auto' at character 10 is a whole optimizer (a policy), where a strategy is expected"),
        ("gp + xgboost", "'gp' at character 1 is a whole optimizer, where a sampler is expected"),
        ("density-ratio", "'density-ratio' at character 1 is a strategy, where a sampler is expected"),
        ("random + sobol", "'sobol' at character 10 is a sampler, where a strategy is expected"),
        ("tpe(x=1)", "write its parts, 'parzen + density-ratio', with options"),
        ("coarse-grid(target=5)", "write its parts, 'grid(target=200)'"),
        ("random(x=1)", "The sampler 'random' has no option 'x': it has no options."),
        ("grid(targt=5)", "has no option 'targt'; did you mean 'target'?"),
        ("grid(target=many)", "The option 'target' of 'grid' must be a whole number or none; got 'many'."),
        ("grid(target=true)", "must be a whole number or none; got True."),
        ("grid(order=sideways)", "must be one of"),
        ("local(scale=x)", "The option 'scale' of 'local' must be a number; got 'x'."),
        (
            "local(scale=2)",
            "The sampler 'local(scale=2)' cannot be made: scale must be above 0 and at most 1; got 2.0.",
        ),
        ("latin-hypercube(block=0)", "block must be a whole number of at least 1; got 0."),
    ],
)
def test_errors_say_what_is_wrong_and_how_to_mend_it(text, message):
    with pytest.raises(OptimizerError, match=re.escape(message)):
        compose(text)


def test_a_composition_passes_through():
    composition = compose("sobol")
    assert compose(composition) is composition


def test_a_plug_in_is_found_by_its_entry_point(monkeypatch):
    class Entry:
        name = "spiral"

        @staticmethod
        def load():
            from parfocal.samplers import Random

            return Random

    def entry_points(*, group, name="spiral"):
        return [Entry] if (group, name) == ("parfocal.samplers", "spiral") else []

    monkeypatch.setattr(parts, "entry_points", entry_points)
    assert parts.names("sampler")[-1] == "spiral"
    assert type(parts.sampler(Part("spiral"))).__name__ == "Random"
    assert compose("spiral").sampler.name == "random"
