"""Priors of numbers: how likely each part of the range is, before anything is known; all truncated to the bounds.

A prior maps values to the unit cube and back: ``cdf`` is the share of the prior below a value, ``ppf`` its inverse.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, cast

import numpy as np

from parfocal.checks import did_you_mean
from parfocal.errors import SpaceError
from parfocal.typing import Floats


class Prior(Protocol):
    """A truncated distribution over ``[low, high]``.

    Attributes
    ----------
    name
        Its name in YAML.
    log
        Whether it lives on the logarithmic scale (then ``low`` must be above 0, and levels are geometric).
    """

    name: ClassVar[str]
    log: ClassVar[bool]

    def cdf(self, x: Floats, low: float, high: float) -> Floats:
        """Return the share of the truncated prior below ``x``, in [0, 1]."""
        ...

    def ppf(self, u: Floats, low: float, high: float) -> Floats:
        """Return the value below which the share ``u`` of the truncated prior lies."""
        ...


@dataclass(frozen=True)
class Uniform:
    """Every value equally likely."""

    name: ClassVar[str] = "uniform"
    log: ClassVar[bool] = False

    def cdf(self, x: Floats, low: float, high: float) -> Floats:
        """Return ``(x - low) / (high - low)``."""
        return (x - low) / (high - low)

    def ppf(self, u: Floats, low: float, high: float) -> Floats:
        """Return ``low + u (high - low)``."""
        return low + u * (high - low)


@dataclass(frozen=True)
class LogUniform:
    """Every order of magnitude equally likely; density proportional to 1/x."""

    name: ClassVar[str] = "log-uniform"
    log: ClassVar[bool] = True

    def cdf(self, x: Floats, low: float, high: float) -> Floats:
        """Return ``log(x / low) / log(high / low)``."""
        return (np.log(x) - math.log(low)) / (math.log(high) - math.log(low))

    def ppf(self, u: Floats, low: float, high: float) -> Floats:
        """Return ``low (high / low)^u``."""
        return np.exp(math.log(low) + u * (math.log(high) - math.log(low)))


@dataclass(frozen=True)
class Normal:
    """Gaussian with ``mean`` and standard deviation ``std`` (> 0), both in the parameter's unit."""

    mean: float
    std: float
    name: ClassVar[str] = "normal"
    log: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _check(self, positive=("std",))

    def cdf(self, x: Floats, low: float, high: float) -> Floats:
        """Return ``(Phi(z) - Phi(a)) / (Phi(b) - Phi(a))``, in the better conditioned tail."""
        return _normal_cdf((x - self.mean) / self.std, (low - self.mean) / self.std, (high - self.mean) / self.std)

    def ppf(self, u: Floats, low: float, high: float) -> Floats:
        """Return the inverse of :meth:`cdf`."""
        z = _normal_ppf(u, (low - self.mean) / self.std, (high - self.mean) / self.std)
        return self.mean + self.std * z


@dataclass(frozen=True)
class LogNormal:
    """The natural logarithm is Gaussian with ``mean`` and ``std`` (> 0), both of the logarithm."""

    mean: float
    std: float
    name: ClassVar[str] = "log-normal"
    log: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _check(self, positive=("std",))

    def cdf(self, x: Floats, low: float, high: float) -> Floats:
        """Return the truncated Gaussian's share below ``log x``."""
        return Normal(self.mean, self.std).cdf(np.log(x), math.log(low), math.log(high))

    def ppf(self, u: Floats, low: float, high: float) -> Floats:
        """Return the inverse of :meth:`cdf`."""
        return np.exp(Normal(self.mean, self.std).ppf(u, math.log(low), math.log(high)))


@dataclass(frozen=True)
class Exponential:
    """Density falls from the lower bound as ``exp(-x / scale)``; ``scale`` (> 0) in the parameter's unit."""

    scale: float
    name: ClassVar[str] = "exponential"
    log: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _check(self, positive=("scale",))

    def cdf(self, x: Floats, low: float, high: float) -> Floats:
        """Return ``(1 - exp(-(x - low) / scale)) / (1 - exp(-(high - low) / scale))``."""
        return np.expm1(-(x - low) / self.scale) / math.expm1(-(high - low) / self.scale)

    def ppf(self, u: Floats, low: float, high: float) -> Floats:
        """Return the inverse of :meth:`cdf`."""
        with np.errstate(divide="ignore"):
            return low - self.scale * np.log1p(u * math.expm1(-(high - low) / self.scale))


@dataclass(frozen=True)
class Beta:
    """Beta distribution with shapes ``a``, ``b`` (> 0), stretched over the bounds."""

    a: float
    b: float
    name: ClassVar[str] = "beta"
    log: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _check(self, positive=("a", "b"))

    def cdf(self, x: Floats, low: float, high: float) -> Floats:
        """Return the regularized incomplete beta function of ``(x - low) / (high - low)``."""
        from scipy.special import betainc

        return np.asarray(betainc(self.a, self.b, np.clip((x - low) / (high - low), 0.0, 1.0)))

    def ppf(self, u: Floats, low: float, high: float) -> Floats:
        """Return the inverse of :meth:`cdf`."""
        from scipy.special import betaincinv

        return np.asarray(low + betaincinv(self.a, self.b, u) * (high - low))


PRIORS: dict[str, type[Any]] = {kind.name: kind for kind in (Uniform, LogUniform, Normal, LogNormal, Exponential, Beta)}


def prior_from(form: Any) -> Prior:
    """Return the prior named by ``form``: a prior, ``"uniform"``, or ``{"normal": {"mean": 2, "std": 1}}``.

    Raises
    ------
    SpaceError
        If there is no such prior, or its arguments are wrong.
    """
    if isinstance(form, tuple(PRIORS.values())):
        return cast(Prior, form)
    name: Any = form
    arguments: Any = {}
    if isinstance(form, Mapping) and len(form) == 1:
        name, arguments = next(iter(form.items()))
    key = str(name).replace("_", "-").lower().replace("loguniform", "log-uniform").replace("lognormal", "log-normal")
    if not isinstance(name, str) or key not in PRIORS:
        raise SpaceError(f"'prior' must be one of {', '.join(PRIORS)}; got {form!r}{did_you_mean(key, PRIORS)}.")
    kind = PRIORS[key]
    needed = [item.name for item in dataclasses.fields(kind)]
    if not isinstance(arguments, Mapping) or set(arguments) != set(needed):
        example = "{" + key + ": {" + ", ".join(f"{item}: 1" for item in needed) + "}}"
        wants = f"the arguments {', '.join(needed)}, as in {example}" if needed else "no arguments"
        raise SpaceError(f"The prior '{key}' needs {wants}; got {arguments or 'none'!r}.")
    prior: Prior = kind(**arguments)
    return prior


def prior_form(prior: Prior) -> Any:
    """Return what :func:`prior_from` reads: a name, or a mapping with arguments."""
    arguments = {item.name: getattr(prior, item.name) for item in dataclasses.fields(prior)}  # type: ignore[arg-type]
    return {prior.name: arguments} if arguments else prior.name


def _check(prior: Any, positive: tuple[str, ...]) -> None:
    for item in dataclasses.fields(prior):
        value = getattr(prior, item.name)
        if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not math.isfinite(value):
            raise SpaceError(f"The prior '{prior.name}' needs a finite number as '{item.name}'; got {value!r}.")
        if item.name in positive and value <= 0:
            raise SpaceError(f"The prior '{prior.name}' needs '{item.name}' above 0; got {value!r}.")
        object.__setattr__(prior, item.name, float(value))


def _normal_cdf(z: Floats, a: float, b: float) -> Floats:
    from scipy.special import ndtr

    if a > 0:
        return np.asarray((ndtr(-a) - ndtr(-z)) / (ndtr(-a) - ndtr(-b)))
    return np.asarray((ndtr(z) - ndtr(a)) / (ndtr(b) - ndtr(a)))


def _normal_ppf(u: Floats, a: float, b: float) -> Floats:
    from scipy.special import ndtr, ndtri

    if a > 0:
        return np.asarray(-ndtri(ndtr(-a) - u * (ndtr(-a) - ndtr(-b))))
    return np.asarray(ndtri(ndtr(a) + u * (ndtr(b) - ndtr(a))))
