"""Blocks of parameters, and the plan to optimize one block after the other."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from parfocal.errors import InvalidInput
from parfocal.space import Space
from parfocal.space.layout import blocks as tied_blocks


@dataclass(frozen=True)
class Plan:
    """Which parameters are optimized together, in which order, and by what.

    ``text`` is the optimizer that does it, for ``parfocal run`` and for an experiment's file.
    """

    blocks: tuple[tuple[str, ...], ...]
    """Names of each block; the first block is optimized first."""
    inner: str = "smac-rf"
    """The optimizer of each block, a name of the zoo or a composition."""

    def __post_init__(self) -> None:
        names = [name for block in self.blocks for name in block]
        if not names or len(set(names)) != len(names) or not all(self.blocks):
            raise InvalidInput(f"A plan has blocks of different parameters, each in one block; got {self.blocks}.")

    @property
    def text(self) -> str:
        """The optimizer of the plan in the text form; the inner one itself where there is one block."""
        if len(self.blocks) == 1:
            return self.inner
        blocks = " | ".join(", ".join(block) for block in self.blocks)
        return f'sequence(optimizer="{self.inner}", blocks="{blocks}")'

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"blocks": [list(block) for block in self.blocks], "inner": self.inner, "optimizer": self.text}

    def to_json(self) -> str:
        """Return the plan as JSON text."""
        return json.dumps(self.to_dict(), indent=2) + "\n"

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Plan":
        """Return the plan of :meth:`to_dict`.

        Raises
        ------
        InvalidInput
            If the blocks are missing or are no lists of names.
        """
        blocks = content.get("blocks")
        if not isinstance(blocks, Sequence) or isinstance(blocks, str):
            raise InvalidInput(f"A plan has blocks, a list of lists of names; got {blocks!r}.")
        return cls(tuple(tuple(map(str, block)) for block in blocks), str(content.get("inner", cls.inner)))


def tied(space: Space) -> tuple[tuple[str, str], ...]:
    """Return pairs that stay together whatever is measured: a child and its parents, members of one constraint."""
    groups = tied_blocks(space.layout, conditions=True)
    return tuple(pair for group in groups for pair in combinations(group.columns, 2))


def joined(names: Sequence[str], pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """Return the connected components of ``names`` under ``pairs``, each in the order of ``names``."""
    home = {name: index for index, name in enumerate(names)}
    for one, other in pairs:
        old, new = home[other], home[one]
        home = {name: new if index == old else index for name, index in home.items()}
    groups: dict[int, list[str]] = {}
    for name in names:
        groups.setdefault(home[name], []).append(name)
    return tuple(tuple(group) for group in groups.values())
