"""A sampler times a strategy, or a portfolio of such: the whole optimizer as one frozen value."""

from dataclasses import dataclass, field
from typing import TypeAlias

from parfocal.errors import MissingPackage, OptimizerError
from parfocal.optimizers import parts
from parfocal.optimizers.catalogue import POLICIES
from parfocal.optimizers.portfolio import Policy
from parfocal.optimizers.text import Part, parse, suggestion
from parfocal.optimizers.zoo import ZOO, member
from parfocal.samplers import Sampler
from parfocal.strategies import AcceptAll, Strategy


@dataclass(frozen=True)
class Composition:
    """Where candidates come from, and what is learned from results.

    ``str(composition)`` is its text form, with the options that differ from their defaults; :func:`compose` reads it
    back.
    """

    sampler: Sampler
    strategy: Strategy = field(default_factory=AcceptAll)

    @property
    def learns(self) -> bool:
        """Whether results change what is asked next; only then is there a warm-up."""
        return self.sampler.learns or self.strategy.learns

    def __str__(self) -> str:
        text = str(parts.part_of(self.sampler))
        return text if self.strategy == AcceptAll() else f"{text} + {parts.part_of(self.strategy)}"


@dataclass(frozen=True)
class Portfolio:
    """Several optimizers, and the policy that says who proposes next.

    ``str(portfolio)`` is the text form of the policy, which names its members.
    """

    policy: Policy
    members: tuple[Composition, ...]

    @property
    def learns(self) -> bool:
        """Return True: results change whose turn it is."""
        return self.policy.learns

    def __str__(self) -> str:
        return str(parts.part_of(self.policy))


Composed: TypeAlias = Composition | Portfolio
"""What a text form stands for."""


def compose(optimizer: "str | Composed") -> Composed:
    """Return the composition, or the portfolio, of a name of the zoo or of a text form.

    Parameters
    ----------
    optimizer : str, Composition or Portfolio
        ``"tpe"``, ``"random"``, ``"random + random-forest(acquisition=ei)"``; a sampler alone accepts all its draws;
        ``"auto"``, ``"portfolio(members='tpe | gp')"``.

    Raises
    ------
    OptimizerError
        If it cannot be read, or names no known part; with position and the closest known name.
    MissingPackage
        If a part needs a package that is not installed.
    """
    if not isinstance(optimizer, str):
        return optimizer
    found = parse(optimizer)
    if len(found) == 2:
        return Composition(parts.sampler(found[0]), parts.strategy(found[1]))
    part = found[0]
    named = member(part.name)
    if named is not None and named.parts != part.name:
        if part.options:
            raise OptimizerError(
                f"'{part.name}' is a whole optimizer and takes no options: write its parts, '{named.parts}', "
                "with options."
            )
        return compose(named.parts)
    if part.name in POLICIES or (named is None and part.name in parts.names("policy")):
        policy = parts.policy(part)
        return Portfolio(policy, tuple(_single(text, index) for index, text in enumerate(policy.texts, 1)))
    return Composition(parts.sampler(part if named is not None else _known(part)))


def _single(text: str, index: int) -> Composition:
    """Return a member of a portfolio, which is none itself; an error names it by its index from 1."""
    try:
        composed = compose(text)
    except (OptimizerError, MissingPackage) as error:
        raise type(error)(f"In member {index} of the portfolio, '{text}': {error}") from error
    if isinstance(composed, Portfolio):
        raise OptimizerError(f"A portfolio cannot be a member of another one; got '{text}'.")
    return composed


def _known(part: Part) -> Part:
    """Return ``part`` if a sampler has its name, or raise with the closest name of the zoo or of a part."""
    samplers, strategies = parts.names("sampler"), parts.names("strategy")
    if part.name in samplers or part.name in strategies:
        return part
    everything = {*samplers, *(m.name for m in ZOO)}
    raise OptimizerError(
        f"There is no optimizer '{part.name}' (character {part.position + 1}){suggestion(part.name, everything)}"
    )
