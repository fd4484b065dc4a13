"""Hyperopt's TPE: conditions by nested choices, the initial trials inserted as finished ones."""

import importlib.metadata
import warnings
from math import log

import numpy as np
from hyperopt import JOB_STATE_DONE, STATUS_OK, Trials, hp, tpe
from hyperopt.base import Domain
from talk import serve

warnings.simplefilter("ignore")


class Peer:
    def __init__(self, message):
        self.parameters = {p["name"]: p for p in message["space"]["parameters"]}
        self.nodes = {}
        free = {name: self.node(name) for name, p in self.parameters.items() if p["when"] is None}
        self.domain = Domain(lambda values: 0.0, free)
        self.trials = Trials()
        self.rng = np.random.default_rng(message["seed"])
        for trial in message["trials"]:
            self.insert(trial["values"], trial["loss"])
        self.trials.refresh()

    def node(self, name):
        """Return the node of a parameter; one that several choices of its parent share is the same node."""
        if name in self.nodes:
            return self.nodes[name]
        p = self.parameters[name]
        children = [q for q in self.parameters.values() if q["when"] and q["when"][0] == name]
        if p["kind"] == "categorical" or children:
            options = [
                {"index": index, "inside": {q["name"]: self.node(q["name"]) for q in children if index in q["when"][1]}}
                for index in range(p["count"])
            ]
            self.nodes[name] = hp.choice(name, options)
        elif p["kind"] == "level":
            self.nodes[name] = hp.quniform(name, 0, p["count"] - 1, 1)
        elif p["kind"] == "float":
            self.nodes[name] = (
                hp.loguniform(name, log(p["low"]), log(p["high"]))
                if p["log"]
                else hp.uniform(name, p["low"], p["high"])
            )
        else:
            self.nodes[name] = (
                hp.qloguniform(name, log(p["low"]), log(p["high"]), 1)
                if p["log"]
                else hp.quniform(name, p["low"], p["high"], 1)
            )
        return self.nodes[name]

    def insert(self, values, loss):
        (number,) = self.trials.new_trial_ids(1)
        misc = {
            "tid": number,
            "cmd": ("domain_attachment", "FMinIter_Domain"),
            "workdir": None,
            "idxs": {name: [number] if name in values else [] for name in self.parameters},
            "vals": {name: [values[name]] if name in values else [] for name in self.parameters},
        }
        docs = self.trials.new_trial_docs([number], [None], [{"loss": loss, "status": STATUS_OK}], [misc])
        docs[0]["state"] = JOB_STATE_DONE
        self.trials.insert_trial_docs(docs)

    def ask(self):
        ids = self.trials.new_trial_ids(1)
        docs = tpe.suggest(ids, self.domain, self.trials, int(self.rng.integers(2**31 - 1)), verbose=False)
        self.trials.insert_trial_docs(docs)
        self.trials.refresh()
        found = {name: value[0] for name, value in docs[0]["misc"]["vals"].items() if len(value)}
        self.last = docs[0]["tid"]
        return {n: float(v) if self.parameters[n]["kind"] == "float" else round(float(v)) for n, v in found.items()}

    def tell(self, loss, failed):
        document = next(doc for doc in reversed(self.trials._dynamic_trials) if doc["tid"] == self.last)
        document["result"], document["state"] = {"loss": loss, "status": STATUS_OK}, JOB_STATE_DONE
        self.trials.refresh()


serve(Peer, importlib.metadata.version("hyperopt"))
