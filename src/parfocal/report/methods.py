"""The methods paragraph of a report: how a search was made, ready to paste into a paper, with what it has to cite."""

import math
import shlex
from collections.abc import Mapping
from typing import Any

from parfocal.analysis import Summary
from parfocal.report import citations, words
from parfocal.report.contents import Contents
from parfocal.report.tags import Html, details, join, paragraph, section, tag
from parfocal.space import Constant, Parameter, Space
from parfocal.space.priors import prior_form
from parfocal.trials import Objective

MOST = 12
"""Choices of one parameter that are written out."""
_SCALES = {"uniform": "linear scale", "log-uniform": "logarithmic scale"}


def text(c: Contents) -> str:
    """Return the paragraph, one string without line breaks; it says only what is known."""
    said = [
        _software(c.provenance),
        space_sentence(c.space),
        objective_sentence(c.objective),
        optimizer_sentence(c.provenance.get("optimizer")),
        _budget(c.summary, c.provenance),
        _begun(c.summary, c.provenance),
        _images(c.provenance.get("images")),
        _failures(c.summary),
        _found(c),
        _versions(c.provenance),
    ]
    return " ".join(sentence for sentence in said if sentence)


def _software(provenance: Mapping[str, Any]) -> str:
    number, python = (f" {provenance[name]}" if provenance.get(name) else "" for name in ("parfocal", "python"))
    return (
        f"Hyperparameters were optimized with parfocal{number} (Python{python}), which keeps sampling and optimization "
        f"strategy apart as the framework HyperHyper does ({citations.short(citations.FRAMEWORK)})."
    )


def space_sentence(space: Space) -> str:
    """Say what was searched: bounds, scales, steps, conditions and constraints of all parameters."""
    free = {name: each for name, each in space.parameters.items() if not isinstance(each, Constant)}
    fixed = {name: each for name, each in space.parameters.items() if isinstance(each, Constant)}
    said = f"The search space had {words.plural(len(free), 'parameter')}"
    if free:
        said += ": " + "; ".join(f"{name} {_span(each)}" for name, each in free.items())
    if fixed:
        said += ". Fixed: " + ", ".join(f"{name} = {each.value}" for name, each in fixed.items())
    if space.constraints:
        said += ". Constraints: " + "; ".join(str(each) for each in space.constraints)
    return said + "."


def _span(parameter: Parameter) -> str:
    """Return the range of one parameter."""
    choices = getattr(parameter, "choices", None) or getattr(parameter, "values", None)
    if parameter.kind == "boolean":
        said = "in {true, false}"
    elif choices is not None:
        rest = f", … ({len(choices)} in all)" if len(choices) > MOST else ""
        ordered = " (ordered)" if parameter.kind == "ordinal" else ""
        said = f"in {{{', '.join(str(each) for each in choices[:MOST])}{rest}}}{ordered}"
    else:
        said = _numbers(parameter)
    return said + (f", active when {parameter.when}" if parameter.when else "")


def _numbers(parameter: Any) -> str:
    unit = f" {parameter.unit}" if parameter.unit else ""
    form = prior_form(parameter.prior)
    notes = ["whole numbers"] if parameter.kind == "integer" else []
    if isinstance(form, str):
        notes.append(_SCALES.get(form, f"{form} prior"))
    else:
        name, arguments = next(iter(form.items()))
        notes.append(f"{name} prior with " + ", ".join(f"{key} {value:g}" for key, value in arguments.items()))
    if parameter.levels:
        notes.append(words.plural(parameter.levels, "level"))
    elif parameter.step and (parameter.kind, parameter.step) != ("integer", 1):
        notes.append(f"step {parameter.step:g}")
    low, high = (f"{bound:.10g}" for bound in (parameter.low, parameter.high))
    return f"in [{low}, {high}]{unit} ({', '.join(notes)})"


def objective_sentence(objective: Objective) -> str:
    """Say what was optimized, and in which direction."""

    def one(each: Objective) -> str:
        verb = "maximize" if each.direction == "maximize" else "minimize"
        return f"{verb} {each.metric}" + (f" [{each.unit}]" if each.unit else "")

    if not objective.others:
        return f"The objective was to {one(objective)}."
    return f"The objectives were to {words.listed([one(each) for each in objective.all])}; the first decides the best."


def optimizer_sentence(optimizer: str | None) -> str:
    """Say what searched, with its sources; empty where that is not known."""
    if not optimizer:
        return ""
    whole, texts = citations.named_member(optimizer), citations.members(optimizer)
    name = f"{whole.name} ({optimizer})" if whole is not None and whole.name != optimizer else optimizer
    sources = [citations.short(key) for key in citations.methods_of(optimizer)]
    cited = f" ({'; '.join(sources)})" if sources else ""
    if not texts:
        return f"The optimizer was {name}{cited}."
    noun = "member" if len(texts) == 1 else "members"
    return f"The optimizer was {name}, with the {noun} {words.listed([f'“{each}”' for each in texts])}{cited}."


def _budget(summary: Summary, provenance: Mapping[str, Any]) -> str:
    if not summary.trials:
        return "Nothing had been evaluated when this was written."
    planned = provenance.get("budget", provenance.get("planned"))
    of = f" of a budget of {planned:,}" if isinstance(planned, int) else ""
    runs = f" in {words.plural(summary.runs, 'run')}" if summary.runs > 1 else ""
    verb = "was" if summary.finished == 1 else "were"
    return f"In all, {words.plural(summary.finished, 'evaluation')}{of} {verb} made{runs}."


def _begun(summary: Summary, provenance: Mapping[str, Any]) -> str:
    warmup, seed = provenance.get("warmup"), provenance.get("seed")
    said = []
    if isinstance(warmup, int) and warmup > 0 and summary.trials:
        each = " of each run" if summary.runs > 1 else ""
        over = summary.trials > warmup * summary.runs
        which = f"The first {words.plural(warmup, 'trial')}{each} formed" if over else "All trials belonged to"
        said.append(f"{which} a warm-up that no model chose")
    if seed is not None:
        said.append(f"the random seed was {seed}" if said else f"The random seed was {seed}")
    return "; ".join(said) + "." if said else ""


def _images(images: Any) -> str:
    if not isinstance(images, Mapping):
        return ""
    tuned, kept = images["tuned_on"], images["held_out"]
    held = f"; {words.plural(kept, 'further image')} that the search never saw served for testing" if kept else ""
    sources = "; ".join(citations.short(key) for key in citations.TASKS.get(images["task"], ()))
    task = f"{images['task']} ({sources})" if sources else images["task"]
    return f"Configurations of the task {task} were scored on {words.plural(tuned, 'image')}{held}."


def _failures(summary: Summary) -> str:
    if not summary.finished:
        return ""
    failed = summary.counts["failed"]
    if not failed:
        return "No evaluation failed."
    return (
        f"Of all evaluations, {failed:,} ({failed / summary.finished:.1%}) failed; they counted against the budget and "
        "had no value."
    )


def _found(c: Contents) -> str:
    if c.summary.best_trial is None:
        return ""
    unit = f" {c.objective.unit}" if c.objective.unit else ""
    said = f"The best {c.objective.metric} was {words.number(c.summary.best_value)}{unit}"
    before = c.gain.default_value if c.gain is not None else math.nan
    return said + (f", against {words.number(before)}{unit} of the default configuration." if before == before else ".")


def _versions(provenance: Mapping[str, Any]) -> str:
    task = _task(provenance)
    optimizer = provenance.get("optimizer") or ""
    packages = citations.packages_of(optimizer, task)
    found, cited = citations.versions(packages), citations.CITED
    listed = [
        f"{name} {found.get(name, 'of a version not known')} ({citations.short(cited[name])})" for name in packages
    ]
    return f"Versions of packages where this was written: {words.listed(listed)}."


def _task(provenance: Mapping[str, Any]) -> str | None:
    images = provenance.get("images")
    return str(images["task"]) if isinstance(images, Mapping) else None


def bibliography(c: Contents) -> str:
    """Return the BibTeX entries of everything that the paragraph cites, and nothing else."""
    return citations.bibtex(citations.keys_of(c.provenance.get("optimizer"), _task(c.provenance)))


def commands(provenance: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (what it does, command) pairs that repeat or check the search; empty where no command is known."""
    found = []
    if provenance.get("continue"):
        found.append(
            (
                "To repeat the search from its start, in a copy of the experiment without its database",
                str(provenance["continue"]),
            )
        )
    storage, study = provenance.get("storage"), provenance.get("study")
    if storage and study and storage != "memory":
        place = shlex.quote(str(storage).removeprefix("sqlite:///"))
        command = f"parfocal replay {place} --study {shlex.quote(str(study))}"
        found.append(("To make every choice of the optimizer again and compare it to the bit", command))
    return found


def methods(c: Contents) -> Html:
    """Return the section: the paragraph, the commands, and the BibTeX entries, each with a button that copies it."""
    parts: list[Html] = [copied("methods-text", "Copy the paragraph", tag("p", text(c), id="methods-text"))]
    parts += [
        join([paragraph(f"{told}:"), copied(f"methods-command-{i}", "Copy the command", _pre(i, command))])
        for i, (told, command) in enumerate(commands(c.provenance))
    ]
    entries = tag("pre", bibliography(c), id="methods-bibtex", tabindex="0", role="region", aria_label="BibTeX entries")
    parts.append(details("What to cite, as BibTeX", copied("methods-bibtex", "Copy the entries", entries)))
    return section("methods", "Methods, to paste", *parts)


def _pre(index: int, command: str) -> Html:
    return tag("pre", command, id=f"methods-command-{index}")


def copied(identifier: str, label: str, content: Html) -> Html:
    """Return content under a button that copies its text; without scripts the button is not there."""
    button = tag("button", label, type="button", class_="copy", data_copies=identifier, hidden="")
    said = tag("span", role="status", class_="soft")
    return tag("div", tag("div", button, " ", said, class_="controls"), content)
