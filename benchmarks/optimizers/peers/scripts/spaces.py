"""The plain description of a space as a ConfigSpace, for the packages that take one."""

from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    Float,
    ForbiddenGreaterThanEqualsRelation,
    InCondition,
    Integer,
)


def configspace(space, seed, constraints):
    """Return the ConfigSpace; levels are whole numbers, so that neighbours are near and not only next door."""
    found = ConfigurationSpace(seed=seed)
    defaults = {}
    for first, second in space["below"]:
        defaults[first], defaults[second] = 0, -1
    nodes = {}
    for parameter in space["parameters"]:
        name, kind = parameter["name"], parameter["kind"]
        if kind == "categorical":
            nodes[name] = Categorical(name, list(range(parameter["count"])))
        elif kind == "level":
            count = parameter["count"]
            nodes[name] = Integer(name, (0, count - 1), default=range(count)[defaults.get(name, count // 2)])
        else:
            make = Float if kind == "float" else Integer
            nodes[name] = make(name, (parameter["low"], parameter["high"]), log=parameter["log"])
        found.add(nodes[name])
    for parameter in space["parameters"]:
        if parameter["when"]:
            parent, indices = parameter["when"]
            found.add(InCondition(nodes[parameter["name"]], nodes[parent], indices))
    if constraints:
        for first, second in space["below"]:
            found.add(ForbiddenGreaterThanEqualsRelation(nodes[first], nodes[second]))
    return found


def plain(configuration):
    """Return the active values of a configuration as Python numbers."""
    return {name: getattr(value, "item", lambda value=value: value)() for name, value in dict(configuration).items()}
