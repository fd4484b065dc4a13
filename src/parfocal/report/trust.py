"""How sure the gain over the default is, and whether the best is too good to be true."""

import math
from collections.abc import Mapping

from parfocal.report import unseen
from parfocal.report.contents import Contents
from parfocal.report.words import number


def interval(c: Contents) -> str:
    """Return the interval of the gain over images, or over repeats, short; empty without one."""
    pair = c.per_image.paired if c.per_image is not None else None
    if pair is not None and not math.isnan(pair.low):
        return f"; over images 95 % in {signed(pair.low)} to {signed(pair.high)}"
    if c.repeated is not None:
        return f"; over repeats 95 % in {signed(c.repeated.low)} to {signed(c.repeated.high)}"
    return ""


def gains(c: Contents) -> list[str]:
    """Say what the best gains over the default, how sure that is, and whether it is too good to be true."""
    said = [over_images(c)] if over_images(c) else []
    if c.unseen is not None and c.unseen.paired is not None and len(c.unseen.paired):
        pair = c.unseen.paired
        said.append(
            _over_images("held-out images", c.unseen.metric, pair.mean, pair.low, pair.high, len(pair), pair.better)
        )
    if c.repeated is not None:
        r = c.repeated
        said.append(
            f"Over repeated evaluations ({len(r.default)} of the default, {len(r.best)} of the best): "
            f"{signed(r.gain)} (95 % interval {signed(r.low)} to {signed(r.high)}); the best was chosen for a lucky "
            "one of these."
        )
    complete = c.summary.counts["complete"]
    known = c.provenance.get("images")
    counted = len(c.per_image.images) if c.per_image is not None else 0
    images = int(known["tuned_on"]) if isinstance(known, Mapping) else counted
    default = c.gain.default_value if c.gain is not None else math.nan
    return said + unseen.warnings(c.unseen, c.objective, images, complete, c.summary.best_value, default)


def over_images(c: Contents) -> str:
    """Say what single images gain that the search was tuned on; empty where that is not known."""
    pair = c.per_image.paired if c.per_image is not None else None
    if c.per_image is None or pair is None or not len(pair):
        return ""
    metric = c.per_image.scores.metric
    return _over_images("images it was tuned on", metric, pair.mean, pair.low, pair.high, len(pair), pair.better)


def signed(value: float) -> str:
    """Return a number with its sign."""
    return f"{'+' if value >= 0 else '−'}{number(abs(value), 3)}"


def _over_images(what: str, metric: str, mean: float, low: float, high: float, n: int, better: int) -> str:
    if n == 1:
        return f"On the only one of the {what}, {metric} changes by {signed(mean)} (positive is better)."
    few = "; so few images make it too narrow" if n < unseen.FEW else ""
    return (
        f"Over the {n:,} {what}, {metric} of an image gains {signed(mean)} on average (95 % interval {signed(low)} "
        f"to {signed(high)} by resampling images{few}); {better:,} of {n:,} are better."
    )
