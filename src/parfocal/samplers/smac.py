"""SMAC3's optimizers (Lindauer et al., JMLR 23, 2022)."""

import logging
import warnings
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Literal

import numpy as np

from parfocal.checks import positive
from parfocal.errors import OptimizerError, SpaceError
from parfocal.extras import require
from parfocal.samplers.borrowed import losses, told
from parfocal.samplers.memo import remembered
from parfocal.samplers.selection import Selection
from parfocal.space import Space
from parfocal.trials import History, State
from parfocal.typing import Floats, Ints


@dataclass(frozen=True)
class Smac:
    """Tell the trials to an optimizer of SMAC3, anew at each ask, and take its suggestions.

    The space becomes a ConfigSpace with its priors and conditions; constraints that ConfigSpace cannot express are
    left to repair. Trials in flight are running ones; failed trials are crashed ones at the worst loss.

    Parameters
    ----------
    facade : str
        ``forest``: random forest and expected improvement (``HyperparameterOptimizationFacade``); ``process``:
        Gaussian process and expected improvement (``BlackBoxFacade``).
    most : int
        Trials that are told at most: the best and the latest.

    Raises
    ------
    MissingPackage
        If smac is not installed.
    """

    facade: Literal["forest", "process"] = "forest"
    most: int = 1000
    name: ClassVar[str] = "smac"
    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        positive(self.most, "most")
        require("smac", "interop")
        logging.getLogger("smac").addHandler(_SILENT)

    def sample(self, space: Space, history: History, selection: Selection, n: int, rng: np.random.Generator) -> Floats:
        """Return ``n`` suggestions ``(n, d)``, repaired; the selection is not read.

        Raises
        ------
        OptimizerError
            If ConfigSpace cannot express the space.
        """
        rows = told(history, self.most)
        configspace = remembered(space, "smac", lambda: _configspace(space))
        if not space.dimension or not history.complete[rows].any():
            return space.sample(n, rng)
        with TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # the mean of no times, where a local search made no step
            suggested = self._suggest(space, configspace, history, rows, n, int(rng.integers(2**31)), Path(folder))
        rest = space.sample(n - len(suggested), rng)  # SMAC ends where it finds nothing new
        return space.repair(np.concatenate([suggested, rest]), rng)

    def _suggest(
        self, space: Space, configspace: Any, history: History, rows: Ints, n: int, seed: int, folder: Path
    ) -> Floats:
        """Return up to ``n`` rows that SMAC would evaluate next; ``folder`` is where it may write."""
        from ConfigSpace import Configuration
        from smac import BlackBoxFacade, HyperparameterOptimizationFacade, Scenario
        from smac.main.exceptions import ConfigurationSpaceExhaustedException
        from smac.runhistory import StatusType

        kind = HyperparameterOptimizationFacade if self.facade == "forest" else BlackBoxFacade
        scenario = Scenario(configspace, deterministic=True, n_trials=10**9, seed=seed, output_directory=folder)
        selector = kind.get_config_selector(scenario, retrain_after=max(8, n))
        smac = kind(
            scenario,
            config_selector=selector,
            initial_design=kind.get_initial_design(scenario, n_configs=0),
            logging_level=False,
            overwrite=True,
        )
        pending = np.flatnonzero(history.pending)
        everything = np.concatenate([rows, pending])
        costs = losses(history, everything).tolist()
        configurations = space.decode(history.X[everything])
        for state, cost, values in zip(history.state[everything], costs, configurations, strict=True):
            running = state <= State.RUNNING
            status = StatusType.RUNNING if running else StatusType.SUCCESS
            status = StatusType.CRASHED if state in (State.FAILED, State.PRUNED) else status
            smac.runhistory.add(Configuration(configspace, values=values), cost, status=status, seed=0)
        asked: list[dict[str, Any]] = []
        with suppress(ConfigurationSpaceExhaustedException):
            for found in islice(selector, n):
                asked.append({name: _native(value) for name, value in dict(found).items()})
        return space.encode(asked) if asked else np.empty((0, space.dimension))


_SILENT = logging.NullHandler()
"""Keeps warnings of SMAC off the screen of a program that has set up no logging."""


def _native(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _configspace(space: Space) -> Any:
    """Return the space as a ConfigSpace, without its constraints where they cannot be expressed."""
    try:
        return space.to_configspace()
    except SpaceError:
        try:
            return Space(space.parameters).to_configspace()
        except SpaceError as error:
            raise OptimizerError(f"SMAC cannot search this space: {error}") from None
