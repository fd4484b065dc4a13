"""What the wrong experiments point at; it is never evaluated."""

from pathlib import Path


def evaluate(**parameters: float) -> float:
    """Leave a trace, so that a test sees when something was evaluated after all."""
    Path(__file__).with_name("evaluated").touch()
    return 0.0


def strict(sigma: float) -> float:
    """Take one parameter only."""
    return evaluate(sigma=sigma)
