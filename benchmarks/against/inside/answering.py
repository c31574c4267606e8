"""Does what each line on standard input calls for, and answers with a line on standard output."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping


def answer_calls(functions: Mapping[str, Callable[..., object]]) -> None:
    """Say that it is ready, then answer until the input ends.

    An answer holds what the function returned and the seconds that it took. Whatever else is
    printed goes to standard error. A function that raises ends the script.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        call = json.loads(line)
        function, arguments = functions[call["call"]], call["arguments"]
        began = time.perf_counter()
        result = function(**arguments)
        took = time.perf_counter() - began
        print(json.dumps({"result": result, "seconds": took}), file=answers, flush=True)
