"""The peers: package, script, names of their optimizers, and what is installed into their virtual environment."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Package:
    """One package with its own virtual environment.

    Parameters
    ----------
    name
        Name of the environment's folder, and of the script ``with_<name>.py`` (hyphens become underscores).
    optimizers
        Names by which its optimizers are chosen.
    requirements
        Groups for pip, installed one after the other.
    note
        How conditions, constraints and the initial trials reach it.
    """

    name: str
    optimizers: tuple[str, ...]
    requirements: tuple[tuple[str, ...], ...]
    note: str


_TORCH = ("torch==2.13.0",)
PACKAGES: tuple[Package, ...] = (
    Package(
        "optuna",
        ("optuna-tpe", "optuna-tpe-univariate", "optuna-gp", "optuna-cma-es"),
        (_TORCH, ("optuna>=5,<6", "cmaes", "scipy")),
        "define-by-run; initial trials added as finished ones, CMA-ES starts from the best of them",
    ),
    Package(
        "smac", ("smac3", "smac3-every"), (("smac>=2.4", "ConfigSpace>=1.2"),),
        "conditions and constraints of ConfigSpace; initial trials told; `smac3` learns anew every 8 "
        "trials, its default, `smac3-every` at each",
    ),
    Package(
        "hyperopt", ("hyperopt-tpe",), (("hyperopt", "setuptools"),),
        "nested choices; initial trials inserted as finished ones",
    ),
    Package(
        "nevergrad", ("nevergrad-ngopt",), (("nevergrad",),),
        "a flat space; initial trials suggested and told",
    ),
    Package(
        "dehb", ("dehb-de",), (("dehb",),),
        "conditions of ConfigSpace; its differential evolution, whose first population is the initial trials",
    ),
    Package(
        "syne-tune", ("syne-tune-cqr",),
        (("syne-tune", "xgboost", "scikit-learn", "pandas", "huggingface_hub", "pyarrow"),),
        "a flat space; initial trials told",
    ),
)  # fmt: skip
"""Every peer."""

OPTIMIZERS: dict[str, Package] = {name: package for package in PACKAGES for name in package.optimizers}
"""Package by the name of an optimizer."""
