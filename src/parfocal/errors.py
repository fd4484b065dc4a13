"""Every exception that parfocal raises on purpose.

::

    ParfocalError
    ├── SpaceError               a parameter, condition, constraint or configuration is wrong (also ValueError)
    │   └── SpaceExhausted       a discrete space has no configuration left to ask for
    ├── ExpressionError          the text of a condition, constraint or criterion is wrong (also ValueError)
    ├── InvalidInput             an argument has the wrong type, shape or range (also ValueError)
    ├── OptimizerError           an unknown or impossible composition of sampler and strategy (also ValueError)
    ├── ExperimentError          an experiment file is wrong: names file, key and remedy
    ├── DataError                images, labels or points cannot be used as they are
    ├── EvaluationError          an evaluation failed; ends as a FAILED trial
    ├── EngineError              an engine cannot start its workers
    ├── ExchangeError            a file of trials or outcomes is wrong: names file and remedy
    ├── StudyStopped             a study stopped itself early and says why
    ├── StorageError             the database cannot be used
    │   ├── SchemaVersionError   the file was written by another version of parfocal
    │   ├── StudyExistsError     the name is taken by a study with another definition
    │   ├── StorageUnavailable   the database does not answer for now: what was called may be called again
    │   └── OutOfStep            somebody else has added trials, or asks for this study, meanwhile
    └── MissingPackage           an extra is not installed (also ImportError): one sentence with the install line

A message says what is wrong, what was expected, what was got, and how to mend it, in one sentence where it can.
"""


class ParfocalError(Exception):
    """Base of all errors that parfocal raises on purpose; its text is fit to be shown to a user as it is."""


class SpaceError(ParfocalError, ValueError):
    """A parameter, condition, constraint or configuration is wrong."""


class SpaceExhausted(SpaceError):
    """A discrete space has no configuration left that was not asked for already."""


class ExpressionError(ParfocalError, ValueError):
    """The text of a condition, a constraint or a criterion cannot be used."""


class InvalidInput(ParfocalError, ValueError):
    """An argument has the wrong type, shape or range."""


class OptimizerError(ParfocalError, ValueError):
    """An optimizer's name or composition is unknown or impossible."""


class ExperimentError(ParfocalError):
    """An experiment file is wrong; the text names file, key and remedy."""


class DataError(ParfocalError):
    """Images, labels or points cannot be used as they are."""


class EvaluationError(ParfocalError):
    """An evaluation failed; the trial ends as FAILED with this text."""


class EngineError(ParfocalError):
    """An engine cannot start its workers: a scheduler is not there, or refuses them."""


class ExchangeError(ParfocalError):
    """A file of trials or outcomes cannot be used; the text names the file."""


class StudyStopped(ParfocalError):
    """A study stopped itself early; the text says why."""


class StorageError(ParfocalError):
    """The database cannot be used."""


class SchemaVersionError(StorageError):
    """The database was written by another version of parfocal."""


class StudyExistsError(StorageError):
    """A study of this name exists with another definition."""


class StorageUnavailable(StorageError):
    """The database does not answer for now; calling again later is right."""


class OutOfStep(StorageError):
    """Trials were not added, since somebody else has added some, or asks for this study, meanwhile."""


class MissingPackage(ParfocalError, ImportError):
    """An optional package is not installed."""
