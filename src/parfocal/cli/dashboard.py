"""`parfocal dashboard`: the studies of a database in a browser."""

import secrets
import webbrowser
from pathlib import Path

from parfocal.cli.targets import place_of
from parfocal.dashboard import serve
from parfocal.errors import InvalidInput
from parfocal.extras import require
from parfocal.server.run import address_of, bind


def show_dashboard(
    storage: str, host: str, port: int, prefix: str, edit: bool, browser: bool, hosts: list[str]
) -> None:
    """Serve the dashboard of an experiment's file or a database until Ctrl-C or SIGTERM."""
    for package in ("dash", "waitress"):
        require(package, "dashboard")
    place = place_of(storage)
    if isinstance(place, Path) and not place.is_file():
        raise InvalidInput(f"{place}: there is no such database yet; a search starts with `parfocal run`.")
    if not (prefix.startswith("/") and prefix.endswith("/")):
        raise InvalidInput(
            f"--prefix begins and ends with a slash, '/user/me/proxy/8050/' for example; got '{prefix}'."
        )
    token = secrets.token_urlsafe(32)
    listener = bind(host, port)
    address = f"{address_of(listener)}{prefix}?token={token}"

    def started() -> None:
        print(f"The dashboard of {storage}, until Ctrl-C:\n\n  {address}\n", flush=True)
        if browser:
            webbrowser.open(address)

    serve(str(place), listener, token=token, prefix=prefix, edit=edit, hosts=tuple(hosts), started=started)
