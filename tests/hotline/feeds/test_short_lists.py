"""Lists so short that the stock client fails on them, and the drawn pictures that help it.

That it fails without them is what docs/compatible-feeds.md says: once a released client does not,
these tests tell.
"""

import time
from pathlib import Path

from takeback.hotline.log.sequencing import sequence_everything
from takeback.hotline.planted.test_lane import list_drawn_pictures
from tests.support.long_lists import Connect, StockClient, list_pdqs, random_pdqs
from tests.support.tx_command import Tx

TAGS = ["self_reported"]


def fetch_until_known(client: StockClient, hashes: int) -> None:
    """Fetch until the client knows so many: a change can wait for the next whole second."""
    deadline = time.monotonic() + 20
    while len(client.fetch().get("signals", ())) < hashes:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_one_hash_and_two_equal_ones_match_beside_the_drawn_pictures(
    connect: Connect, shape: str
) -> None:
    (pdq,) = random_pdqs(1)
    client = connect(shape)
    for _ in range(2):  # one entry, then two of equal hash
        list_pdqs([pdq])
        fetch_until_known(client, 1)
        assert client.matches(pdq) is None, "the client can do it by itself now: say so"
    list_drawn_pictures()
    sequence_everything()
    fetch_until_known(client, 4)
    assert client.matches(pdq) == TAGS


def test_one_hash_matches_if_the_drawn_pictures_were_there_first(
    connect: Connect, shape: str
) -> None:
    list_drawn_pictures()
    sequence_everything()
    client = connect(shape)
    fetch_until_known(client, 3)
    opinion = "POSITIVE_CLASS" if shape == "ncmec" else "INVESTIGATION_SEED"
    drawn = client.fetch()["signals"]
    assert list(drawn.values()) == [[opinion, "test"]] * 3
    assert all(client.matches(pdq) == ["test"] for pdq in drawn)
    (pdq,) = random_pdqs(1)
    list_pdqs([pdq])
    fetch_until_known(client, 4)
    assert client.matches(pdq) == TAGS


def test_tx_with_our_exchange_matches_short_lists_too(url: str, token: str, tmp_path: Path) -> None:
    (pdq,) = random_pdqs(1)
    tx = Tx(tmp_path, url, token)
    list_pdqs([pdq])
    tx.configure()
    assert not tx.matches(pdq), "the client can do it by itself now: say so"
    list_drawn_pictures()
    sequence_everything()
    tx.fetch()
    assert tx.matches(pdq)
    list_pdqs([pdq])
    tx.fetch()
    assert tx.matches(pdq)
