"""Overlays of trials: which there are, and the route under which a browser gets them.

A picture is that of a task's image under the configuration of a trial, drawn on demand, or a file that the evaluation
left. The route answers at once: with the picture, with 202 while it is drawn, or with the sentence why it cannot be.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from parfocal.dashboard.artifacts import TIFF, Artifact, artifacts
from parfocal.dashboard.drawing import is_task
from parfocal.dashboard.place import link, plain
from parfocal.dashboard.source import Source, View
from parfocal.dashboard.studio import JPEG, NAMES, PNG, Answer, Studio
from parfocal.errors import ParfocalError
from parfocal.running import trial_folder
from parfocal.trials import Trial

DEFAULT = "default"
"""In the place of a trial's number: the default configuration."""
HOW = (
    "This study has no task that could draw overlays, and this trial left no pictures: let the evaluation write an "
    "image into its work folder and name it as an artifact."
)
"""What is said where there is nothing to show."""
_PATIENCE = 0.25  # s, that a request waits for its picture; a browser asks again
_NAMES_PATIENCE = 8.0  # s, that a page waits once for the names of a task's images


@dataclass(frozen=True)
class Picture:
    """One picture of a trial that can be asked for.

    Attributes
    ----------
    key
        Names it in an address.
    name
        Names it for people.
    use
        ``held out``, ``tuned on``, ``artifact``, or "" where that is not known.
    problem
        Why it cannot be shown; "" where it can.
    """

    key: str
    name: str
    use: str = ""
    problem: str = ""

    @property
    def title(self) -> str:
        """The name, with its use."""
        return f"{self.name} ({self.use})" if self.use else self.name


class Overlays:
    """The overlays of all studies of a source."""

    def __init__(self, source: Source, studio: Studio | None = None) -> None:
        self._source = source
        self.studio = Studio() if studio is None else studio
        source.closing.append(self.studio.close)

    def pictures(self, view: View, trial: Trial | None, *, wait: bool = False) -> tuple[Picture, ...]:
        """Return the pictures that there are of a trial: what it left (what cannot be shown last), then the task's.

        With ``wait`` the names of the task's images are waited for; otherwise those that trials were scored on do.
        """
        left = () if trial is None else self._artifacts(view, trial)
        shown = sorted(left, key=lambda each: bool(each.problem))
        found = [Picture(f"artifact:{each.name}", each.name, "artifact", each.problem) for each in shown]
        if not is_task(view.record.definition.get("evaluation")):
            return tuple(found)
        answer = self._names(view, _NAMES_PATIENCE if wait else 0.0)
        if answer.content is not None:
            names: Mapping[str, list[str]] = json.loads(answer.content)
            found += [Picture(f"image:{name}", name, use) for use, group in names.items() for name in group]
        elif trial is not None and trial.outcome is not None:
            found += [Picture(f"image:{name}", name) for name in trial.outcome.scores]
        return tuple(found)

    def address(self, prefix: str, view: View, what: int | str, key: str, *, small: bool = False) -> str:
        """Return the address of a picture of a trial (its number, or :data:`DEFAULT`)."""
        query = {"picture": key, **({"size": "small"} if small else {})}
        return link(prefix, "overlay", view.name, what, **query)

    def answer(self, view: View, what: str, key: str, small: bool) -> tuple[Answer, str]:
        """Return a picture, or what there is to say about it, and its type."""
        trial = None
        if what != DEFAULT:
            (trial,) = self._source.trials(view, int(what), int(what) + 1) or (None,)
            if trial is None:
                return Answer(error=f"There is no trial {what} in this study."), ""
        kind, _, name = key.partition(":")
        if kind == "artifact" and trial is not None:
            found = next((each for each in self._artifacts(view, trial) if each.name == name), None)
            return self._artifact(found, small)
        evaluation = view.record.definition.get("evaluation")
        if kind != "image" or not is_task(evaluation):
            return Answer(error=HOW), ""
        default = view.record.definition.get("default")
        configuration = default if trial is None else trial.configuration.to_dict()
        title = "default" if trial is None else f"trial {trial.number}"
        order = {
            "do": "overlay",
            "evaluation": json.dumps(evaluation, sort_keys=True),
            "configuration": configuration,
            "title": title,
            "image": name,
        }
        suffix = JPEG if small else PNG
        return self.studio.ask(_digest(order), order, suffix, _PATIENCE), _TYPES[suffix]

    def _artifact(self, found: Artifact | None, small: bool) -> tuple[Answer, str]:
        if found is None or found.path is None:
            return Answer(error="This trial left no such picture." if found is None else found.problem), ""
        if found.kind != TIFF and not small:
            try:
                return Answer(found.path.read_bytes()), found.kind
            except OSError as error:
                return Answer(error=f"'{found.path.name}' cannot be read: {error.strerror}."), ""
        order = {"do": "picture" if found.kind == TIFF else "small", "file": str(found.path)}
        stamp = found.path.stat()
        suffix = JPEG if small else PNG
        name = _digest({**order, "stamp": [stamp.st_mtime_ns, stamp.st_size]})
        return self.studio.ask(name, order, suffix, _PATIENCE), _TYPES[suffix]

    def _artifacts(self, view: View, trial: Trial) -> tuple[Artifact, ...]:
        return artifacts(trial, self.root(view))

    def root(self, view: View) -> Path | None:
        """Return where the work folders of a study's trials lie on this host, None where that is not known."""
        return self._source.read(lambda storage: trial_folder(storage, view.name))

    def _names(self, view: View, patience: float) -> Answer:
        order = {"do": "images", "evaluation": json.dumps(view.record.definition["evaluation"], sort_keys=True)}
        return self.studio.ask(_digest(order), order, NAMES, patience)


_TYPES = {PNG: "image/png", JPEG: "image/jpeg"}
_ALL: "WeakKeyDictionary[Source, Overlays]" = WeakKeyDictionary()


def overlays_of(source: Source) -> Overlays:
    """Return the overlays of a source: one studio for all pages."""
    if source not in _ALL:
        _ALL[source] = Overlays(source)
    return _ALL[source]


def register(app: Any, source: Source) -> None:
    """Add the route ``/overlay/STUDY/TRIAL?picture=KEY&size=small``; the door before all routes is before it, too."""
    from flask import Response, request

    overlays = overlays_of(source)

    def overlay(study: str, what: str) -> Response:
        if what != DEFAULT and not (what.isascii() and what.isdecimal() and len(what) < 19):
            return Response("There is no such picture.", 404, mimetype="text/plain")
        try:
            view = source.view(plain(study))
            small = request.args.get("size") == "small"
            answer, kind = overlays.answer(view, what, request.args.get("picture", ""), small)
        except ParfocalError as error:
            return Response(str(error), 404, mimetype="text/plain")
        if answer.content is not None:
            # the address names what never changes: a finished trial's configuration, or a file
            return Response(answer.content, mimetype=kind, headers={"Cache-Control": "private, max-age=600"})
        if answer.error:
            return Response(answer.error, 404, mimetype="text/plain", headers={"Cache-Control": "no-store"})
        return Response(str(answer.ahead), 202, mimetype="text/plain", headers={"Cache-Control": "no-store"})

    app.server.add_url_rule("/overlay/<study>/<what>", "overlay", overlay)


def _digest(order: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(order, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()[:40]
