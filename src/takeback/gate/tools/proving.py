"""Makes a proof that the log holds an entry, to be checked by others without a network."""

from takeback.gate.store.live_entries import read_live_entry
from takeback.gate.store.store import Store, StoreError
from takeback.gate.sync.client import HotlineClient
from takeback.hashlist.events import EntryId
from takeback.tlog.bundles import EventRange, decode_openings
from takeback.tlog.merkle_proofs import inclusion_proof, nodes_of_tiles
from takeback.tlog.tlog_proof import TlogProof


def prove_entry(store: Store, client: HotlineClient, entry: EntryId) -> TlogProof:
    """Return the proof for the event that says how a live entry is, at the store's own checkpoint.

    Its opening and the tiles are fetched from the hotline. Raises StoreError if the entry is not
    in the store, HotlineError if something can't be fetched.
    """
    log = store.followed_log()
    with store.read_list() as connection:
        live = read_live_entry(connection, entry)
    if log is None or live is None:
        raise StoreError(f"The entry {entry} is not on the list in {store.folder}.")
    size, index = log.frontier.size, live.stated.index if live.stated else live.added_at
    (record,) = decode_openings(client.openings(EventRange(index, index + 1)), 1)
    if record.opening is None:
        raise StoreError(f"The entry {entry} has just been withdrawn. Sync first.")
    record.opening.check(record.commitment, index)
    hashes = inclusion_proof(index, size, nodes_of_tiles(size, client.tile))
    opened = record.opening.nonce + record.opening.event
    return TlogProof(index, tuple(hashes), log.checkpoint, opened)
