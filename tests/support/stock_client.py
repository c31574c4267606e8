"""The released client of python-threatexchange, unchanged, as a process of its own.

It keeps what it has fetched and its checkpoint in a file, as `tx` and HMA do, reads that anew for
every fetch, and refuses a checkpoint that goes back as they do. It is told what to do, and says
what came of it, in lines of JSON.
"""

import argparse
import json
import pickle
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from threatexchange.cli.cli_state import CliIndexStore
from threatexchange.exchanges.clients.fb_threatexchange.api import ThreatExchangeAPI
from threatexchange.exchanges.clients.ncmec import hash_api
from threatexchange.exchanges.clients.stopncii import api as stopncii
from threatexchange.exchanges.collab_config import CollaborationConfigBase
from threatexchange.exchanges.impl import fb_threatexchange_api as graph
from threatexchange.exchanges.impl import ncmec_api as ncmec
from threatexchange.exchanges.impl import stop_ncii_api
from threatexchange.signal_type.pdq.signal import PdqSignal


def ncmec_environment(url: str) -> Any:
    """What stands for an environment of NCMEC's: the client's enum can't be added to."""
    return SimpleNamespace(value=url)


def exchange(shape: str, url: str, token: str) -> Any:
    if shape == "stopncii":
        keys = stop_ncii_api.StopNCIICredentials("any", token, url)
        plain = CollaborationConfigBase(name="c", api="stop_ncii", enabled=True)
        return stop_ncii_api.StopNCIISignalExchangeAPI.for_collab(plain, keys)
    if shape == "ncmec":
        environment = ncmec_environment(url)
        return ncmec.NCMECSignalExchangeAPI(
            ncmec.NCMECCollabConfig(name="c", environment=environment), "takeback", token
        )
    base, _, group = url.rpartition("/")
    collab = graph.FBThreatExchangeCollabConfig(name="c", privacy_group=int(group))
    client = ThreatExchangeAPI(token, endpoint_override=base)
    return graph.FBThreatExchangeSignalExchangeAPI(client, collab)


def fetch(api: Any, state: Path, most_pages: int) -> dict[str, Any]:
    fetched, checkpoint = pickle.loads(state.read_bytes()) if state.exists() else ({}, None)
    pages, filled, largest = 0, 0, 0
    for delta in api.fetch_iter([PdqSignal], checkpoint):
        pages, largest = pages + 1, max(largest, len(delta.updates))
        if checkpoint is not None:
            before = checkpoint.get_progress_timestamp()
            assert before <= delta.checkpoint.get_progress_timestamp(), "checkpoint rewound"
        api.naive_fetch_merge(fetched, delta.updates)
        checkpoint = delta.checkpoint
        filled += bool(delta.updates)
        if filled == most_pages:
            break
    state.write_bytes(pickle.dumps((fetched, checkpoint)))
    known = api.naive_convert_to_signal_type([PdqSignal], api.collab, fetched).get(PdqSignal, {})
    signals = {
        value: [record.get_as_aggregate_opinion().category.name, *sorted(tags_of(record))]
        for value, record in known.items()
    }
    return {"pages": pages, "largest": largest, "signals": signals, "keys": list(map(str, fetched))}


def match(api: Any, state: Path, pdq: str) -> dict[str, Any]:
    """Index what was fetched, save the index, load it and ask it, as `tx` does with its store."""
    fetched, _ = pickle.loads(state.read_bytes())
    known = api.naive_convert_to_signal_type([PdqSignal], api.collab, fetched).get(PdqSignal, {})
    with tempfile.TemporaryDirectory() as folder:
        store = CliIndexStore(Path(folder))
        store.store(PdqSignal, PdqSignal.get_index_cls().build(known.items()))
        index = store.load(PdqSignal)
        assert index is not None
        found = index.query(pdq)
    tags = {tag for hit in found for tag in tags_of(hit.metadata)}
    return {"found": sorted(tags) if found else None}


def tags_of(record: Any) -> set[str]:
    return {tag for opinion in record.get_as_opinions() for tag in opinion.tags}


def say(shape: str, url: str, token: str, words: list[str]) -> None:
    if shape == "stopncii":
        endpoints = {
            stopncii.StopNCIIEndpoint.SubmitFeedback: "any",
            stopncii.StopNCIIEndpoint.SubmitHashes: "any",
        }
        client = stopncii.StopNCIIAPI(token, "any", endpoints, url)
        pdq, answer, *tags = words
        kind = stopncii.StopNCIISignalType.ImagePDQ
        if answer == "hash":
            client.submit_hash(kind, pdq)
        else:
            feedback = stopncii.StopNCIICSPFeedbackValue(answer)
            client.submit_feedback(kind, pdq, feedback, set(tags))
    elif shape == "ncmec":
        hashes = hash_api.NCMECHashAPI("takeback", token, ncmec_environment(url))
        member, entry, vote, *reason = words
        fingerprint_type = hash_api.FingerprintType.pdq
        if vote == "upvote":
            hashes.submit_upvote(int(member), entry, fingerprint_type)
        else:
            down = hash_api.FeedbackType.downvote
            hashes.submit_feedback(int(member), entry, fingerprint_type, down, *reason)
    else:
        base, _, _ = url.rpartition("/")
        descriptor, reaction = words
        graph_client = ThreatExchangeAPI(token, endpoint_override=base)
        _, _, answer = graph_client.react_to_threat_descriptor(descriptor, reaction)
        assert answer.get("success"), answer


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("shape", choices=["stopncii", "ncmec", "graph"])
    parser.add_argument("url")
    parser.add_argument("token")
    parser.add_argument("state", type=Path)
    parser.add_argument("ahead", type=float, help="seconds by which this machine's clock is wrong")
    arguments = parser.parse_args()
    now = time.time
    time.time = lambda: now() + arguments.ahead
    for line in sys.stdin:
        try:
            match json.loads(line):
                case {"fetch": int(pages)}:
                    api = exchange(arguments.shape, arguments.url, arguments.token)
                    answer = fetch(api, arguments.state, pages)
                case {"match": str(pdq)}:
                    api = exchange(arguments.shape, arguments.url, arguments.token)
                    answer = match(api, arguments.state, pdq)
                case {"say": words}:
                    say(arguments.shape, arguments.url, arguments.token, words)
                    answer = {}
        except Exception as error:  # whatever the client raises is what the test asks about
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
