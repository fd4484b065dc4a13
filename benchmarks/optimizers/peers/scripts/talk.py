"""The peer's side of the conversation: JSON lines on the standard streams, one answer to each.

``{"name", "seed", "evaluations", "space", "trials"}`` starts a run with trials ``[{"values", "loss"}, ...]``,
``{"loss", "failed"}`` tells the result of the last answer; either is answered by
``{"values", "cpu", "wall"}``: the next configuration, and the seconds since the message arrived.
"""

import json
import os
import sys
import time
import traceback


def serve(start, version):
    """Answer messages until the input ends; ``start(message)`` returns an object with ``ask`` and ``tell``.

    Whatever the package prints goes to the standard error, so that it cannot disturb the conversation.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print(json.dumps({"version": version}), file=answers, flush=True)
    peer = None
    for line in sys.stdin:
        message = json.loads(line)
        cpu, wall = time.process_time(), time.perf_counter()
        try:
            if "space" in message:
                peer = start(message)
                cpu, wall = time.process_time(), time.perf_counter()  # the first ask alone, without its start
            else:
                peer.tell(message["loss"], message["failed"])
            values = peer.ask() if not message.get("last") else {}
            answer = {"values": values, "cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        except Exception:
            answer = {"error": traceback.format_exc()[-2000:]}
        print(json.dumps(answer), file=answers, flush=True)


def active(parameter, values):
    """Return whether a parameter is active, given the values of its active predecessors."""
    when = parameter["when"]
    return when is None or (when[0] in values and values[when[0]] in when[1])


def middle(parameter):
    """Return a value for a parameter that a flat space must fill although it is inactive."""
    if parameter["kind"] in ("level", "categorical"):
        return (parameter["count"] - 1) // 2
    low, high = parameter["low"], parameter["high"]
    value = (low * high) ** 0.5 if parameter["log"] else (low + high) / 2
    return round(value) if parameter["kind"] == "integer" else value
