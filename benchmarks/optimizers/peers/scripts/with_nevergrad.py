"""Nevergrad's NGOpt: a flat space, the initial trials suggested, asked for and told."""

import importlib.metadata
import warnings

import nevergrad as ng
from talk import middle, serve

warnings.simplefilter("ignore")


def node(p):
    if p["kind"] == "categorical":
        return ng.p.Choice(list(range(p["count"])))
    if p["kind"] == "level":
        return ng.p.Scalar(lower=0, upper=p["count"] - 1).set_integer_casting()
    number = (ng.p.Log if p["log"] else ng.p.Scalar)(lower=p["low"], upper=p["high"])
    return number.set_integer_casting() if p["kind"] == "integer" else number


class Peer:
    def __init__(self, message):
        parameters = message["space"]["parameters"]
        space = ng.p.Dict(**{p["name"]: node(p) for p in parameters})
        space.random_state.seed(message["seed"])
        self.optimizer = ng.optimizers.NGOpt(space, budget=message["evaluations"], num_workers=1)
        for trial in message["trials"]:
            self.optimizer.suggest({p["name"]: trial["values"].get(p["name"], middle(p)) for p in parameters})
            self.optimizer.tell(self.optimizer.ask(), trial["loss"])

    def ask(self):
        self.candidate = self.optimizer.ask()
        return {name: getattr(value, "item", lambda v=value: v)() for name, value in self.candidate.value.items()}

    def tell(self, loss, failed):
        self.optimizer.tell(self.candidate, loss)


serve(Peer, importlib.metadata.version("nevergrad"))
