"""The table of samplers, by lazy import path: a new one is one module and one row here."""

import importlib
from typing import Any

SAMPLERS: dict[str, str] = {
    "random": "parfocal.samplers.random:Random",
    "sobol": "parfocal.samplers.sobol:Sobol",
    "halton": "parfocal.samplers.halton:Halton",
    "r-sequence": "parfocal.samplers.r_sequence:RSequence",
    "latin-hypercube": "parfocal.samplers.latin_hypercube:LatinHypercube",
    "grid": "parfocal.samplers.grid:Grid",
    "gaussian": "parfocal.samplers.gaussian:Gaussian",
    "cauchy": "parfocal.samplers.cauchy:Cauchy",
    "mutation": "parfocal.samplers.mutation:Mutation",
    "crossover": "parfocal.samplers.crossover:Crossover",
    "differential": "parfocal.samplers.differential:Differential",
    "particle": "parfocal.samplers.particle:Particle",
    "trust-region": "parfocal.samplers.trust_region:TrustRegion",
    "local": "parfocal.samplers.local:Local",
    "climb": "parfocal.samplers.climb:Climb",
    "thompson": "parfocal.samplers.thompson:Thompson",
    "mixture": "parfocal.samplers.mixture:Mixture",
    "belief": "parfocal.samplers.belief:Belief",
    "parzen": "parfocal.samplers.parzen:Parzen",
    "multivariate-normal": "parfocal.samplers.multivariate_normal:MultivariateNormal",
}
"""Name in the text form to ``module:class``."""


def sampler_class(name: str) -> type[Any]:
    """Return the class behind a name of :data:`SAMPLERS`; KeyError for any other name."""
    module, _, attribute = SAMPLERS[name].partition(":")
    found: type[Any] = getattr(importlib.import_module(module), attribute)
    return found
