"""Two more kinds of fingerprint, for programs that import this before anything else of takeback.

Whatever stands on the table of kinds has to find their rows there, so no test imports this: it runs
a program that does.
"""

import takeback.signals.kinds as table
from takeback.signals.kinds import Search, SignalKind, SignalNumber

SHA1 = SignalKind("sha1", 200, 20, Search.EXACT)
SKETCH = SignalKind("sketch", 201, 32, Search.NEAR_256, (SignalNumber("detail", 1, 1000),))
table.KINDS += (SHA1, SKETCH)

from typing import Annotated, Literal  # noqa: E402

from pydantic import Field  # noqa: E402

from takeback.hashlist import signals  # noqa: E402


class Sha1Signal(signals.WireModel):
    type: Literal["sha1"] = "sha1"
    value: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]


class SketchSignal(signals.WireModel):
    type: Literal["sketch"] = "sketch"
    value: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    detail: Annotated[int, Field(ge=1, le=1000)]


signals.SIGNAL_MODELS |= {"sha1": Sha1Signal, "sketch": SketchSignal}
