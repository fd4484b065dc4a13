"""SMAC3: its facade for hyperparameters (random forest), the initial trials told before the first ask."""

import importlib.metadata
import tempfile
import warnings
from pathlib import Path

from ConfigSpace import Configuration
from smac import HyperparameterOptimizationFacade as Facade
from smac import Scenario
from smac.runhistory.dataclasses import TrialInfo, TrialValue
from spaces import configspace, plain
from talk import serve

warnings.simplefilter("ignore")


class Peer:
    def __init__(self, message):
        space = configspace(message["space"], message["seed"], constraints=True)
        self.folder = tempfile.TemporaryDirectory()
        scenario = Scenario(
            space,
            deterministic=True,
            n_trials=100 * message["evaluations"],  # it ends by the harness
            seed=message["seed"],
            output_directory=Path(self.folder.name),
        )
        self.facade = Facade(
            scenario,
            lambda configuration, seed=0: 0.0,
            initial_design=Facade.get_initial_design(scenario, n_configs=0),
            intensifier=Facade.get_intensifier(scenario, max_config_calls=1),
            config_selector=Facade.get_config_selector(
                scenario, **({"retrain_after": 1} if message["name"] == "smac3-every" else {})
            ),
            overwrite=True,
            logging_level=50,
        )
        for trial in message["trials"]:
            info = TrialInfo(Configuration(space, values=trial["values"]), seed=0)
            self.facade.optimizer.tell(info, TrialValue(cost=trial["loss"]), save=False)

    def ask(self):
        self.info = self.facade.ask()
        return plain(self.info.config)

    def tell(self, loss, failed):
        self.facade.optimizer.tell(self.info, TrialValue(cost=loss), save=False)


serve(Peer, importlib.metadata.version("smac"))
