"""A dashboard that is served from this process, and a database with real overlays."""

import contextlib
import socket
import threading

from parfocal.dashboard.app import make_app
from parfocal.study import Study
from parfocal.tasks import TaskEvaluator

TOKEN = "a-token-of-32-characters-or-more"
OPTIONS = {"shape": [90, 120], "particles": 14, "count": 4}


def spots(place, name="spots", optimizer="random", n=30, seed=0, **options):
    """Return a study of the shipped task on small simulated images."""
    evaluator = TaskEvaluator("spots", {**OPTIONS, **options})
    task = evaluator.task
    study = Study(
        task.space, task.objective, evaluator, optimizer=optimizer, storage=place, name=name, default=task.default,
        seed=seed,
    )  # fmt: skip
    study.run(n)
    return study


def client(app):
    """Return a client of an app that came in with the token."""
    found = app.server.test_client()
    assert found.get(f"/?token={TOKEN}").status_code == 303
    return found


@contextlib.contextmanager
def serving(place, **options):
    """Serve the dashboard of a storage, and yield its address and its source."""
    import waitress

    app = make_app(str(place), token=TOKEN, **options)
    listener = socket.create_server(("127.0.0.1", 0))
    server = waitress.create_server(app.server, sockets=[listener], threads=8)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", app.server.extensions["parfocal"]
    finally:
        server.close()
        server.trigger.close()
        for channel in list(server.active_channels.values()):
            channel.close()
        server.task_dispatcher.shutdown(timeout=2)
        thread.join(5)
        app.server.extensions["parfocal"].close()
