"""Why a task is left out."""


class Missing(Exception):
    """Data or a package of a task is missing; the text is one clear sentence."""
