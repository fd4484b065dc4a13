"""DEHB at a single fidelity, where its authors say to run its differential evolution alone.

Its asynchronous population of 20 starts with the initial trials; parents take turns, as in DEHB. The options are
those of DEHB: mutation 0.5, crossover 0.5, rand/1/bin.
"""

import importlib.metadata
import warnings

import numpy as np
from ConfigSpace import Configuration
from dehb.optimizers.de import AsyncDE
from spaces import configspace, plain
from talk import serve

warnings.simplefilter("ignore")


class Peer:
    def __init__(self, message):
        space = configspace(message["space"], message["seed"], constraints=False)
        self.de = AsyncDE(
            cs=space,
            dimensions=len(space),
            pop_size=len(message["trials"]),
            mutation_factor=0.5,
            crossover_prob=0.5,
            strategy="rand1_bin",
            configspace=True,
            seed=message["seed"],
        )
        starts = [Configuration(space, values=trial["values"]) for trial in message["trials"]]
        rows = np.array([self.de.configspace_to_vector(start) for start in starts], dtype=float)
        self.de.population = np.nan_to_num(rows, nan=0.5)
        self.de.fitness = np.array([trial["loss"] for trial in message["trials"]])
        self.parent = -1

    def ask(self):
        de = self.de
        self.parent = (self.parent + 1) % len(de.population)
        target, best = de.population[self.parent], de.population[np.argmin(de.fitness)]
        mutant = de.mutation(current=target, best=best, alt_pop=de.population)
        self.trial = de.boundary_check(de.crossover(target=target, mutant=mutant))
        return plain(de.vector_to_configspace(self.trial))

    def tell(self, loss, failed):
        if loss <= self.de.fitness[self.parent]:
            self.de.population[self.parent], self.de.fitness[self.parent] = self.trial, loss


serve(Peer, importlib.metadata.version("dehb"))
