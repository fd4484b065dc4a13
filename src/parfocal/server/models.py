"""What travels, as the OpenAPI document shows it: requests are checked against it, answers are tested against it."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from parfocal.storage.base import LEASE, MAX_ATTEMPTS, WITHDRAWN
from parfocal.storage.codec import number_in
from parfocal.storage.records import WorkerRecord
from parfocal.trials import Fidelity, Outcome, Provenance, Reason, State

Number: TypeAlias = Annotated[
    float | Literal["inf", "-inf"] | None,
    Field(description="A number; null for NaN, and the texts inf and -inf for the infinities."),
]
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=255)]
WorkerId: TypeAlias = Annotated[Name, Field(description="The worker's unique id.")]
Numbers: TypeAlias = Annotated[list[int] | None, Field(description="Numbers of trials; null for all of them.")]
Seconds: TypeAlias = Annotated[float | None, Field(description="s since 1970 by the storage's clock; null for never.")]
StateName: TypeAlias = Literal["WAITING", "RUNNING", "COMPLETE", "PRUNED", "FAILED", "LOST"]
ReasonName: TypeAlias = Annotated[Reason, Field(strict=False)]  # by its text: JSON has no enumerations
Lease: TypeAlias = Annotated[Number, Field(description="Seconds, above 0, that it holds without a sign of life.")]
MaxAttempts: TypeAlias = Annotated[
    int, Field(description="Claims of a trial, releases not counted, after which it is LOST; at least 1.")
]


class Model(BaseModel):
    """Nothing is converted, and nothing unknown is passed over."""

    model_config = ConfigDict(extra="forbid", strict=True)


# ---------------------------------------------------------------- answers


class Error(Model):
    """Why a call was refused."""

    error: str = Field(description="The class of parfocal's errors that a client raises.")
    message: str = Field(description="One sentence: what is wrong, and how to mend it.")


class Server(Model):
    """What answers."""

    server: Literal["parfocal"]
    version: str = Field(description="Version of parfocal.")
    api: int = Field(description="Version of the protocol, as in the path.")
    storage: Literal["memory", "sqlite", "postgresql", "other"] = Field(description="What keeps the studies.")


class Health(Model):
    """Whether the server can work."""

    status: Literal["ok", "database"] = Field(description="`database`: the database cannot be used for now.")


class FidelityModel(Model):
    """How much is spent on a trial."""

    name: str = Field(default="full", description="What is spent; `full` where nothing is rationed.")
    value: float = Field(default=1.0, description="The amount, within [minimum, maximum].")
    minimum: float = Field(default=0.0, description="The smallest amount.")
    maximum: float = Field(default=1.0, description="The full amount.")

    def content(self) -> Fidelity:
        """Return it as parfocal's own."""
        return Fidelity(**dict(self))


class ProvenanceModel(Model):
    """Who proposed a configuration, and what had been seen by then."""

    sampler: str = Field(description="Where the candidates came from.")
    strategy: str = Field(description="What had been learned.")
    ask: int = Field(default=0, description="Number of trials that existed.")
    seen: int = Field(default=0, description="Revision that had been seen.")
    row: int = Field(default=0, description="Index within the batch.")
    note: str | None = Field(default=None, description="Anything else worth keeping.")
    member: int = Field(default=-1, description="Index of the member of a portfolio that proposed it; -1 for none.")
    wanted: int = Field(default=0, description="Trials that were wanted by this ask; 0 where nobody asked.")

    def content(self) -> Provenance:
        """Return it as parfocal's own."""
        return Provenance(**dict(self))


class OutcomeModel(Model):
    """What became of an evaluation."""

    state: Literal["COMPLETE", "PRUNED", "FAILED", "LOST"]
    metrics: dict[str, Number] = Field(description="Name to number over the whole evaluation.")
    scores: dict[str, dict[str, Number]] = Field(
        default={}, description="Instance, an image for example, to metric to number."
    )
    runtime: Number = Field(default=None, description="Seconds; null where unknown.")
    reason: ReasonName | None = Field(default=None, description="Why it FAILED; null for every other state.")
    message: str = Field(default="", description="One sentence on a failure.")
    artifacts: dict[str, str] = Field(default={}, description="Name to path of files that the evaluation left.")
    log: str = Field(default="", description="Tail of what was printed; its last 16 KiB are kept.")

    def content(self) -> Outcome:
        """Return it as parfocal's own."""
        return Outcome(
            State[self.state],
            {name: number_in(value) for name, value in self.metrics.items()},
            {key: {name: number_in(value) for name, value in row.items()} for key, row in self.scores.items()},
            number_in(self.runtime),
            self.reason,
            self.message,
            self.artifacts,
            self.log,
        )


class TrialModel(Model):
    """One trial as it stood when it was read."""

    number: int = Field(description="Index within the study, from 0.")
    configuration: dict[str, Any] = Field(description="Name to value of the active parameters.")
    fidelity: FidelityModel
    seed: int = Field(description="Seed of all that is random in its evaluation, 64 bits.")
    state: StateName
    attempts: int = Field(description="How often it was claimed; also the token of the claim, for the report.")
    provenance: ProvenanceModel
    outcome: OutcomeModel | None = Field(description="null while pending.")
    worker: str | None = Field(description="Who claimed it last.")
    created: Seconds
    started: Seconds
    finished: Seconds
    loss: Number = Field(description="What is minimized; null unless COMPLETE, or PRUNED with a partial result.")
    revision: int = Field(description="Revision of the study at which it was new, or became final.")


class Trials(Model):
    """Trials, by number."""

    trials: list[TrialModel]


class StudyModel(Model):
    """A study."""

    id: int = Field(description="What the paths take.")
    name: str = Field(description="Unique within the storage.")
    definition: dict[str, Any] = Field(description="Space, objective, optimizer, evaluation, ...")
    created: float = Field(description="s since 1970.")


class Studies(Model):
    """Studies in the order of their creation."""

    studies: list[StudyModel]


class CountsModel(Model):
    """How many trials stand in each state."""

    waiting: int
    running: int
    complete: int
    pruned: int
    failed: int
    lost: int


class StateModel(Model):
    """How far a study is."""

    revision: int = Field(description="The last revision that was given out.")
    counts: CountsModel
    budget: int | None = Field(description="Trials that may finish, LOST ones not counted; null for any number.")
    asker: str | None = Field(description="Who asks for new trials; null for nobody.")
    lead_ends: Number = Field(description="When that runs out, s since 1970; null where nobody asks.")
    now: float = Field(description="The storage's clock, s since 1970.")


class Added(Model):
    """The numbers [start, stop) of new trials."""

    start: int
    stop: int


class Owned(Model):
    """The numbers that a worker still owns."""

    numbers: list[int]


class Accepted(Model):
    """Which results were accepted, in the order of the report."""

    accepted: list[bool]


class Count(Model):
    """How many trials it was about."""

    count: int


class ReapedModel(Model):
    """How many claims were taken back."""

    waiting: int = Field(description="Trials that wait again.")
    lost: int = Field(description="Trials that were given up after too many attempts.")


class Leads(Model):
    """Whether the asker has the lead now."""

    leads: bool


class Ready(Model):
    """Whether what was waited for has happened; if not, ask again."""

    ready: bool


class Configurations(Model):
    """Configurations by number."""

    configurations: list[dict[str, Any]]


class WorkerModel(Model):
    """A worker process."""

    id: WorkerId
    host: str = Field(description="Name of its host.")
    pid: int = Field(description="Its process id there.")
    started: float = Field(description="Start time of the process, s since 1970.")
    seen: float = Field(default=0.0, description="Last sign of life, s since 1970; set by the storage.")
    study: int = Field(default=0, description="Id of the study that it works for; 0 for none.")
    job: str = Field(default="", description="What started it, `slurm 123_4` for example.")

    def content(self) -> WorkerRecord:
        """Return it as parfocal's own."""
        return WorkerRecord(**dict(self))


class Workers(Model):
    """Registered workers, by id."""

    workers: list[WorkerModel]


class TagModel(Model):
    """A word that a person has put on a trial."""

    number: int = Field(description="The trial's number.")
    tag: str = Field(description="The word: `good`, `bad`, ...")
    image: str = Field(default="", description="Name of the image; empty for the trial as a whole.")
    author: str = Field(default="", description="Who says so; empty where that is not known.")
    created: float = Field(default=0.0, description="When, s since 1970.")


class Tags(Model):
    """Tags by number, image and word."""

    tags: list[TagModel]


class Done(Model):
    """It has happened."""


# ---------------------------------------------------------------- requests


class CreateStudy(Model):
    """A new study, or the continuation of one."""

    name: str = Field(description="Unique within the storage; 1 to 255 printable characters.")
    definition: dict[str, Any] = Field(description="JSON object: space, objective, optimizer, evaluation, ...")
    free: list[str] = Field(default=["budget"], description="Keys that may differ from an existing study's.")


class Add(Model):
    """New trials."""

    configurations: list[dict[str, Any]] = Field(description="One for each trial: name to value.")
    seeds: list[int] = Field(description="One for each trial.")
    fidelities: FidelityModel | list[FidelityModel] = Field(
        default=FidelityModel(), description="One for all, or for each."
    )
    provenances: ProvenanceModel | list[ProvenanceModel] = Field(
        default=ProvenanceModel(sampler="given", strategy="none"), description="One for all, or for each."
    )
    start: int | None = Field(
        default=None, description="The number that the first one must get; null for the next one."
    )
    asker: str | None = Field(default=None, description="Who adds, and must have the lead; null for anybody.")


class Claim(Model):
    """A claim of waiting trials."""

    worker: WorkerId
    n: int = Field(default=1, description="How many at most; at least 1.")
    lease: Lease = LEASE
    max_attempts: MaxAttempts = MAX_ATTEMPTS


class Beat(Model):
    """A sign of life."""

    worker: WorkerId
    numbers: list[int] = Field(description="Numbers of the trials that it works on.")
    lease: Lease = LEASE


class Result(Model):
    """One result."""

    number: int = Field(description="The trial's number.")
    attempt: int = Field(description="Its `attempts` at the claim.")
    outcome: OutcomeModel
    loss: Number = Field(description="Finite where COMPLETE, finite or null where PRUNED, null otherwise.")


class Report(Model):
    """Final results, in the order in which they count."""

    worker: WorkerId
    results: list[Result]


class Release(Model):
    """Claims that are given back."""

    worker: WorkerId
    numbers: Numbers = None


class Reap(Model):
    """Claims that are taken back."""

    workers: list[str] = Field(default=[], description="Ids of workers that are known to be dead.")
    max_attempts: MaxAttempts = MAX_ATTEMPTS


class Withdraw(Model):
    """Pending trials that nobody wants any more."""

    numbers: Numbers = None
    message: str = Field(default=WITHDRAWN, max_length=2000, description="The sentence that they keep.")


class Lead(Model):
    """Who asks for new trials."""

    asker: Annotated[Name, Field(description="The asker's unique id.")]
    lease: Lease = LEASE


class Resign(Model):
    """Who asks no longer."""

    asker: str | None = Field(default=None, description="Who gives the lead back; null takes it from whoever has it.")


class NewTag(Model):
    """A word to put on a trial."""

    number: int = Field(description="The trial's number.", ge=-(1 << 63), le=(1 << 63) - 1)
    tag: str = Field(description="1 to 40 printable characters.")
    image: str = Field(default="", description="Name of the image; empty for the trial as a whole.")
    author: str = Field(default="", description="Who says so.")


class OldTag(Model):
    """A word to take away."""

    number: int = Field(description="The trial's number.", ge=-(1 << 63), le=(1 << 63) - 1)
    tag: str = Field(description="The word.")
    image: str = Field(default="", description="Name of the image; empty for the trial as a whole.")


class Budget(Model):
    """How many trials may finish."""

    budget: int | None = Field(description="In total, LOST ones not counted; at least 0; null for any number.")
