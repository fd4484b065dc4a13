"""What the doctor says about one file."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing to know about a file, in plain words.

    Parameters
    ----------
    level
        ``error``: no sensible result can come of it; ``warning``: probably not meant; ``note``: for information.
    file
        The file, or the folder.
    text
        A sentence that says what is wrong and how to mend it.
    """

    level: Level
    file: str
    text: str

    def __str__(self) -> str:
        return f"{self.level}: {self.file}: {self.text}"
