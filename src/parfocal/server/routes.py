"""One route for each method of the storage contract; what a method promises is written in ``storage/base.py``."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from parfocal.server import again, models
from parfocal.server.calls import CallHere
from parfocal.storage import Reaped, Storage, inputs, wire
from parfocal.storage.codec import number_in
from parfocal.typing import Bools

Study = Annotated[int, Path(description="Id of the study.", ge=0, le=(1 << 63) - 1)]
Number = Annotated[int, Path(description="Number of the trial, from 0.", ge=-(1 << 63), le=(1 << 63) - 1)]
Start = Annotated[int, Query(description="Number of the first trial.", ge=0, le=(1 << 63) - 1)]
Stop = Annotated[int | None, Query(description="Number behind the last trial; all without.", ge=0, le=(1 << 63) - 1)]
Since = Annotated[int, Query(description="A revision: 0, or that of an earlier answer.", ge=0, le=(1 << 63) - 1)]
Timeout = Annotated[float, Query(description="Seconds to wait at most.", ge=0, le=wire.LONGEST_WAIT)]
_SENTENCES = {
    401: "The token is missing or wrong.",
    404: "There is no such study or trial.",
    409: "The study exists with another definition, or somebody else has added trials or has the lead.",
    413: "The request is too large.",
    422: "The request is wrong.",
    500: "The database cannot be used.",
    503: "The database does not answer for now: ask again later.",
}


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": models.Error, "description": _SENTENCES[status]} for status in (401, 422, *statuses)}


_READ = _errors(404, 500, 503)
_WRITE = _errors(404, 409, 413, 500, 503)


router = APIRouter(prefix=wire.PREFIX)


def _nothing(_: None) -> dict[str, Any]:
    return {}


# ---------------------------------------------------------------- studies


@router.get("/server", tags=["server"], response_model=models.Server, responses=_errors())
async def server(call: CallHere) -> Response:
    """Say what answers here, and which version of the protocol it speaks."""
    from parfocal import __version__

    content = {"server": "parfocal", "version": __version__, "api": wire.API, "storage": call.keeper.kind}
    return Response(wire.encode(content), media_type=wire.JSON)


@router.get("/studies", tags=["studies"], response_model=models.Studies, responses=_errors(500, 503))
async def studies(call: CallHere) -> Response:
    """Return all studies in the order of their creation."""
    return await call.read(lambda s: s.studies(), lambda found: {"studies": [wire.study_out(each) for each in found]})


@router.post("/studies", tags=["studies"], response_model=models.StudyModel, responses=_WRITE)
async def create_study(body: models.CreateStudy, call: CallHere) -> Response:
    """Return the study of this name: a new one, or the existing one if its definition is equal."""
    return await call.write(lambda s: s.create_study(body.name, body.definition, free=body.free), wire.study_out)


@router.get("/study", tags=["studies"], response_model=models.StudyModel, responses=_READ)
async def open_study(name: Annotated[str, Query(description="The study's name.")], call: CallHere) -> Response:
    """Return the study of this name."""
    return await call.read(lambda s: s.open_study(name), wire.study_out)


@router.delete("/studies/{study}", tags=["studies"], response_model=models.Done, responses=_WRITE)
async def delete_study(study: Study, call: CallHere) -> Response:
    """Remove a study with all its trials."""

    def work(storage: Storage) -> None:
        if call.again:
            again.delete_again(storage, study)
        else:
            storage.delete_study(study)

    return await call.write(work, _nothing, study, ("change", "work"))


# ---------------------------------------------------------------- the queue


@router.post("/studies/{study}/trials", tags=["queue"], response_model=models.Added, responses=_WRITE)
async def add(study: Study, body: models.Add, call: CallHere) -> Response:
    """Append WAITING trials, and return their numbers; nothing is added where `start` or `asker` are out of step."""
    fidelities, provenances = body.fidelities, body.provenances
    batch = inputs.batch(
        body.configurations,
        body.seeds,
        [each.content() for each in fidelities] if isinstance(fidelities, list) else fidelities.content(),
        [each.content() for each in provenances] if isinstance(provenances, list) else provenances.content(),
    )
    call.note(worker=body.asker)

    def work(storage: Storage) -> range:
        if call.again:
            return again.add_again(storage, study, batch, body.start, body.asker)
        return storage.add(study, *batch, start=body.start, asker=body.asker)

    return await call.write(work, lambda new: {"start": new.start, "stop": new.stop}, study, ("work", "change"))


@router.post("/studies/{study}/claim", tags=["queue"], response_model=models.Trials, responses=_WRITE)
async def claim(study: Study, body: models.Claim, call: CallHere) -> Response:
    """Give waiting trials to a worker, the lowest numbers first; none if none wait."""
    call.note(worker=body.worker)

    def work(storage: Storage) -> dict[str, Any]:
        trials = storage.claim(study, body.worker, body.n, number_in(body.lease), body.max_attempts)
        call.keeper.metrics.claimed(study, len(trials))
        return wire.trials_out(trials)

    return await call.write(work, dict, study)


@router.post("/studies/{study}/heartbeat", tags=["queue"], response_model=models.Owned, responses=_WRITE)
async def heartbeat(study: Study, body: models.Beat, call: CallHere) -> Response:
    """Extend a worker's leases; return the numbers that it still owns."""
    call.note(worker=body.worker)
    return await call.write(
        lambda s: s.heartbeat(study, body.worker, body.numbers, number_in(body.lease)),
        lambda owned: {"numbers": owned},
    )


@router.post("/studies/{study}/report", tags=["queue"], response_model=models.Accepted, responses=_WRITE)
async def report(study: Study, body: models.Report, call: CallHere) -> Response:
    """Enter final results; one is accepted only in the attempt in which its trial still is."""
    call.note(worker=body.worker)
    results = [(each.number, each.attempt, each.outcome.content(), number_in(each.loss)) for each in body.results]

    def work(storage: Storage) -> Bools:
        if call.again:
            accepted = again.report_again(storage, study, body.worker, results)
        else:
            accepted = storage.report(study, body.worker, results)
        call.keeper.metrics.reported(study, accepted)
        return accepted

    return await call.write(work, lambda accepted: {"accepted": accepted.tolist()}, study, ("change",))


@router.post("/studies/{study}/release", tags=["queue"], response_model=models.Count, responses=_WRITE)
async def release(study: Study, body: models.Release, call: CallHere) -> Response:
    """Give back a worker's claims on a clean stop."""
    call.note(worker=body.worker)
    return await call.write(
        lambda s: s.release(study, body.worker, body.numbers), lambda count: {"count": count}, study, ("work",)
    )


@router.post("/studies/{study}/reap", tags=["queue"], response_model=models.ReapedModel, responses=_WRITE)
async def reap(study: Study, body: models.Reap, call: CallHere) -> Response:
    """Take back the claims of dead workers, and all claims whose lease has run out."""

    def work(storage: Storage) -> Reaped:
        reaped = storage.reap(study, body.workers, body.max_attempts)
        call.keeper.metrics.reaped(study, reaped)
        return reaped

    return await call.write(work, lambda reaped: reaped._asdict(), study, ("work", "change"))


@router.post("/studies/{study}/withdraw", tags=["queue"], response_model=models.Count, responses=_WRITE)
async def withdraw(study: Study, body: models.Withdraw, call: CallHere) -> Response:
    """Make pending trials LOST."""
    return await call.write(
        lambda s: s.withdraw(study, body.numbers, body.message), lambda count: {"count": count}, study, ("change",)
    )


# ---------------------------------------------------------------- who asks


@router.post("/studies/{study}/lead", tags=["asking"], response_model=models.Leads, responses=_WRITE)
async def lead(study: Study, body: models.Lead, call: CallHere) -> Response:
    """Take the lead of a study, or keep it."""
    call.note(worker=body.asker)

    def work(storage: Storage) -> bool:
        leads = storage.lead(study, body.asker, number_in(body.lease))
        if leads:
            call.keeper.metrics.led(study)
        return leads

    return await call.write(work, lambda leads: {"leads": leads})


@router.post("/studies/{study}/resign", tags=["asking"], response_model=models.Done, responses=_WRITE)
async def resign(study: Study, body: models.Resign, call: CallHere) -> Response:
    """Give the lead back."""
    call.note(worker=body.asker)
    return await call.write(lambda s: s.resign(study, body.asker), _nothing)


@router.put("/studies/{study}/budget", tags=["asking"], response_model=models.Done, responses=_WRITE)
async def set_budget(study: Study, body: models.Budget, call: CallHere) -> Response:
    """Say how many trials may finish in total."""
    return await call.write(lambda s: s.set_budget(study, body.budget), _nothing, study, ("work", "change"))


# ---------------------------------------------------------------- reading


@router.get("/studies/{study}/state", tags=["reading"], response_model=models.StateModel, responses=_READ)
async def state(study: Study, call: CallHere) -> Response:
    """Return how far a study is, and who asks."""
    return await call.read(lambda s: s.state(study), wire.state_out)


@router.get("/studies/{study}/counts", tags=["reading"], response_model=models.CountsModel, responses=_READ)
async def counts(study: Study, call: CallHere) -> Response:
    """Return how many trials stand in each state."""
    return await call.read(lambda s: s.counts(study), asdict)


@router.get("/studies/{study}/running", tags=["reading"], response_model=models.Trials, responses=_READ)
async def running(study: Study, call: CallHere) -> Response:
    """Return the trials that are claimed."""
    return await call.read(lambda s: s.running(study), wire.trials_out)


_NPZ_SCHEMA = {"type": "string", "format": "binary"}
_CHANGES = {
    "description": "A NumPy archive without pickle: the numbers `revision` and `total`, and the columns `number`, "
    "`revisions`, `state`, `ask`, `member` (int64), `loss`, `runtime` [s], `fidelity` (float64, NaN where unknown) and "
    "`reason` (int8 codes, -1 for none), ordered by revision. States are 0 pending, 2 complete, 3 pruned, 4 failed, 5 "
    "lost.",
    "content": {wire.NPZ: {"schema": _NPZ_SCHEMA}},
}


@router.get("/studies/{study}/changes", tags=["reading"], response_class=Response, responses={**_READ, 200: _CHANGES})
async def changes(study: Study, call: CallHere, since: Since = 0) -> Response:
    """Return the trials that are new or final since a revision, as columns."""
    return await call.read_columns(lambda s: s.changes(study, since), wire.columns_out)


_TIMES = {
    "description": "A NumPy archive without pickle: the columns `state`, `worker` (int64), `created`, `started`, "
    "`finished` [s since 1970] and `runtime` [s] (float64, NaN where there is none) by number from 0, and `workers`, "
    "the bytes of a JSON list of ids, into which `worker` points; it is -1 for nobody. State 1 is claimed, the others "
    "as in `changes`.",
    "content": {wire.NPZ: {"schema": _NPZ_SCHEMA}},
}


@router.get("/studies/{study}/times", tags=["reading"], response_class=Response, responses={**_READ, 200: _TIMES})
async def times(study: Study, call: CallHere) -> Response:
    """Return when each trial was created, claimed and finished, and by whom, as columns."""
    return await call.read_columns(lambda s: s.times(study), wire.columns_out)


@router.get("/studies/{study}/configurations", tags=["reading"], response_model=models.Configurations, responses=_READ)
async def configurations(study: Study, call: CallHere, start: Start = 0, stop: Stop = None) -> Response:
    """Return the configurations of the trials [start, stop)."""
    return await call.read(lambda s: s.configurations(study, start, stop), lambda found: {"configurations": found})


@router.get("/studies/{study}/trials", tags=["reading"], response_model=models.Trials, responses=_READ)
async def trials(study: Study, call: CallHere, start: Start = 0, stop: Stop = None) -> Response:
    """Return the trials [start, stop) with their outcomes."""
    return await call.read(lambda s: s.trials(study, start, stop), wire.trials_out)


@router.get("/studies/{study}/trials/{number}", tags=["reading"], response_model=models.TrialModel, responses=_READ)
async def trial(study: Study, number: Number, call: CallHere) -> Response:
    """Return one trial."""
    return await call.read(lambda s: s.trial(study, number), wire.trial_out)


@router.get("/studies/{study}/wait-for-change", tags=["waiting"], response_model=models.Ready, responses=_READ)
async def wait_for_change(study: Study, since: Since, call: CallHere, timeout: Timeout = 20.0) -> Response:
    """Answer when the study's revision is past `since`, or when the time is over."""
    ready = await call.keeper.watches.wait(study, "change", since, timeout)
    return Response(wire.encode({"ready": ready}), media_type=wire.JSON)


@router.get("/studies/{study}/wait-for-work", tags=["waiting"], response_model=models.Ready, responses=_READ)
async def wait_for_work(study: Study, call: CallHere, timeout: Timeout = 20.0) -> Response:
    """Answer when a trial can be claimed, or when the time is over; of those who wait as many as there are trials."""
    ready = await call.keeper.watches.wait(study, "work", 0, timeout)
    return Response(wire.encode({"ready": ready}), media_type=wire.JSON)


# ---------------------------------------------------------------- tags


@router.get("/studies/{study}/tags", tags=["tags"], response_model=models.Tags, responses=_READ)
async def tags(study: Study, call: CallHere) -> Response:
    """Return the words that people have put on trials."""
    return await call.read(lambda s: s.tags(study), lambda found: {"tags": [asdict(each) for each in found]})


@router.post("/studies/{study}/tag", tags=["tags"], response_model=models.Done, responses=_WRITE)
async def tag(study: Study, body: models.NewTag, call: CallHere) -> Response:
    """Put a word on a trial, or on one image of it."""
    return await call.write(lambda s: s.tag(study, body.number, body.tag, body.image, body.author), _nothing)


@router.post("/studies/{study}/untag", tags=["tags"], response_model=models.Done, responses=_WRITE)
async def untag(study: Study, body: models.OldTag, call: CallHere) -> Response:
    """Take a word away from a trial."""
    return await call.write(lambda s: s.untag(study, body.number, body.tag, body.image), _nothing)


# ---------------------------------------------------------------- workers


@router.get("/workers", tags=["workers"], response_model=models.Workers, responses=_errors(500, 503))
async def workers(call: CallHere) -> Response:
    """Return the registered workers."""
    return await call.read(lambda s: s.workers(), lambda found: {"workers": [wire.worker_out(each) for each in found]})


@router.post("/workers", tags=["workers"], response_model=models.Done, responses=_WRITE)
async def register(body: models.WorkerModel, call: CallHere) -> Response:
    """Enter a worker, or renew its sign of life."""
    call.note(worker=body.id, study=body.study or None)
    return await call.write(lambda s: s.register(body.content()), _nothing)


@router.delete("/workers", tags=["workers"], response_model=models.Done, responses=_WRITE)
async def unregister(id: Annotated[str, Query(description="The worker's id.")], call: CallHere) -> Response:
    """Remove a worker that ended or died."""
    call.note(worker=id)
    return await call.write(lambda s: s.unregister(id), _nothing)
