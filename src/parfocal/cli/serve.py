"""`parfocal serve`: studies over HTTP, for workers that cannot reach their database."""

from contextlib import nullcontext
from pathlib import Path

from parfocal.asking import AskingForAll
from parfocal.cli.targets import YAML
from parfocal.errors import InvalidInput
from parfocal.extras import require
from parfocal.server import serve
from parfocal.server.auth import find_token
from parfocal.server.logs import LEVELS, LOG, configure
from parfocal.server.run import address_of, bind
from parfocal.storage import Storage, open_storage
from parfocal.storage.httpcaller import TOKEN, is_loopback


def serve_studies(
    target: str,
    host: str,
    port: int,
    token_file: Path | None,
    create: bool,
    ask: bool,
    open_metrics: bool,
    root_path: str,
    log_json: bool,
    log_level: str,
) -> None:
    """Serve the studies of an experiment file or a database until Ctrl-C or SIGTERM; ``ask`` for them, too."""
    if log_level not in LEVELS:
        raise InvalidInput(f"--log-level is one of {', '.join(LEVELS)}; got '{log_level}'.")
    if root_path and not root_path.startswith("/"):
        raise InvalidInput(f"--root-path begins with a slash, '/parfocal' for example; got '{root_path}'.")
    for package in ("fastapi", "uvicorn", "prometheus_client", "httpx"):
        require(package, "serve")
    token = find_token(token_file)
    listener = bind(host, port)
    try:
        storage = storage_to_serve(target, create, ask)
    except BaseException:
        listener.close()
        raise
    address = address_of(listener)
    configure(log_json, log_level)
    if token.remark:
        LOG.warning("%s", token.remark, extra={"event": "token"})
    if not is_loopback(listener.getsockname()[0]):
        text = "It speaks plain HTTP to the network: put a proxy with TLS before it, and let it listen on 127.0.0.1."
        LOG.warning("%s", text, extra={"event": "insecure"})

    def started() -> None:
        LOG.info("Serving %s at %s", storage.url, address, extra={"event": "start"})
        if token.fresh:  # printed, not logged: a log is kept and read by others
            print(f"The token, which is shown only now:\n\n  export {TOKEN}={token.value}\n", flush=True)

    with AskingForAll(storage) if ask else nullcontext():
        serve(storage, token.value, listener, open_metrics=open_metrics, root_path=root_path, started=started)
    storage.close()
    LOG.info("Stopped; everything is stored in %s", storage.url, extra={"event": "stop"})


def storage_to_serve(target: str, create: bool, ask: bool = False) -> Storage:
    """Return the storage of a target: that of an experiment file is made with its study, a new database on request.

    Where it is to be asked for the study of a file, too, that gets the file's budget if it has none.
    """
    if target.startswith(("http://", "https://")):
        raise InvalidInput(f"'{target}' is a server already: serve its database where that lies.")
    if "://" in target:
        return open_storage(target)
    path = Path(target)
    if path.suffix.lower() in YAML:
        from parfocal.experiment import load

        experiment = load(path)
        experiment.check()
        study = experiment.study()
        if ask and study.storage.state(study.record.id).budget is None:
            study.storage.set_budget(study.record.id, experiment.keys.budget)
        return study.storage
    if not create and not path.is_file():
        raise InvalidInput(f"{path}: there is no such database; write --create to make it.")
    return open_storage(path)
