"""Lists entries of two more kinds on a hotline and follows its list: a process of its own.

Its arguments are the address of a hotline on the same database and a folder for the gate's store.
It prints what it has listed and what the gate then finds, as a line of JSON.
"""

from tests.support.newer_kinds import Sha1Signal, SketchSignal  # isort: skip

import json
import sys
from pathlib import Path
from typing import Any

from takeback.cli.hotline.setup import set_up

set_up()

from takeback.gate.check.gate import Gate  # noqa: E402
from takeback.gate.store.store import Store  # noqa: E402
from takeback.gate.sync.client import HotlineClient, PlatformToken  # noqa: E402
from takeback.gate.sync.list_sync import ListSync  # noqa: E402
from takeback.hashlist.signals import PdqSignal  # noqa: E402
from takeback.hotline.entries.actions import list_entries, withdraw_entries  # noqa: E402
from takeback.hotline.entries.amending import amend_entry  # noqa: E402
from takeback.hotline.log.sequencing import sequence_pending  # noqa: E402
from takeback.hotline.platforms.actions import add_platform  # noqa: E402
from takeback.matching.matcher import UploadFingerprints  # noqa: E402
from takeback.matching.policy import parse_policy  # noqa: E402
from tests.support.actors import a_lead  # noqa: E402

EXACT, NEAR, PDQ = bytes(range(20)), bytes(range(100, 132)), bytes(range(50, 82))
POLICY = parse_policy("[self_reported]\nthresholds = { sketch = 2 }")


def main(address: str, folder: Path) -> None:
    sha1: Any = Sha1Signal(value=EXACT.hex())  # mypy knows the models of the table as it is written
    sketch: Any = SketchSignal(value=NEAR.hex(), detail=300)
    pdq = PdqSignal(value=PDQ.hex(), quality=90)
    names = ("exact", "near", "amended", "gone")
    entries = dict(zip(names, list_entries([[sha1], [sketch], [pdq], [sha1, sketch]]), strict=True))
    sequence_pending()
    amend_entry(entries["amended"], signals=[sketch, pdq], actor=a_lead())
    withdraw_entries([entries["gone"]], "reporter")
    sequence_pending()
    token = PlatformToken.parse(add_platform("Skylark"))
    store = Store(folder)
    with HotlineClient(address, token) as client, store.sync_lock():
        ListSync(store, client, token).sync()
    with Gate.open(folder, POLICY) as gate:

        def found(*others: tuple[str, bytes], pdq: bytes | None = None) -> list[list[object]]:
            upload = UploadFingerprints(pdq=pdq, others=others)
            matches = gate.check_fingerprints(upload, report=False).matches
            return sorted([match.entry, match.signal, match.distance] for match in matches)

        report = {
            "entries": entries,
            "token": token.text,
            "listed": PDQ.hex(),
            "exact": found(("sha1", EXACT)),
            "near": found(("sketch", bytes([NEAR[0] ^ 3]) + NEAR[1:])),
            "beyond": found(("sketch", bytes([NEAR[0] ^ 7]) + NEAR[1:])),
            "pdq": found(pdq=PDQ),
        }
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
