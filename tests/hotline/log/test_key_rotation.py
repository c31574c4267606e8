"""A log is handed over to another key while gates follow it."""

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from takeback.cli.main import app
from takeback.gate.store.store import Store
from takeback.gate.sync.client import HotlineClient, PlatformToken
from takeback.gate.sync.list_sync import ListSync
from takeback.hotline.foundation.secrets import secret
from takeback.hotline.log import access as log_access
from takeback.hotline.log import signing
from takeback.hotline.log.key_rotation import RotationError, rotate_log_key
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.log.signing import log_signer
from takeback.hotline.platforms.actions import add_platform, renew_token
from takeback.tlog.checkpoint import Checkpoint as Signed
from takeback.tlog.checkpoint import open_checkpoint
from takeback.tlog.errors import BadSignatureError, LogError
from takeback.tlog.signed_note import VerifierKey, split_note
from tests.support.followers import some_signals
from tests.support.listing import list_picture
from tests.support.running import hotline

pytestmark = pytest.mark.usefixtures("keys_of_its_own")


def list_one() -> None:
    list_picture(some_signals())
    sequence_pending()


class Gate:
    """A gate's store, and the hotline that it follows."""

    def __init__(self, folder: Path, url: str, token: str) -> None:
        self.store = Store(folder)
        self._url = url
        self._token = PlatformToken.parse(token)

    def sync(self, note: bytes | None = None) -> int:
        with HotlineClient(self._url, self._token) as client:
            return ListSync(self.store, client, self._token).sync(note).size


def test_gates_follow_over_to_another_key(
    hotline_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = add_platform("Skylark")
    old = log_signer()
    list_one()
    with hotline(hotline_database) as (url, _):
        there, away = (Gate(tmp_path / name, url, token) for name in ("there", "away"))
        assert (there.sync(), away.sync()) == (2, 2)
        new = VerifierKey.parse(rotate_log_key())
        with pytest.raises(RotationError, match="already"):
            rotate_log_key()
        list_one()
        assert log_signer().verifier_key == new
        note = log_access.current_checkpoint()[1]
        assert [line.key_id for line in split_note(note)[1]] == [
            old.verifier_key.key_id,
            new.key_id,
        ]
        assert there.sync() == 4
        followed = there.store.followed_log()
        assert followed is not None and followed.key_in_force == new

        list_one()
        assert (there.sync(), away.sync()) == (5, 5)  # the old token fits, the old key still signs
        late = Gate(tmp_path / "late", url, renew_token("Skylark"))
        assert late.sync() == 5

        # Whoever has the old key only is believed no more.
        thief = Signed(old.name, 9, bytes(32)).sign(old)
        there = Gate(tmp_path / "there", url, add_platform("Plover"))
        with pytest.raises(BadSignatureError):
            there.sync(thief)

        # After the overlap the new key signs alone, and a gate that was away so long can't follow.
        slept = Gate(tmp_path / "slept", url, add_platform("Wren"))
        assert slept.sync() == 5
        monkeypatch.setattr(signing, "OVERLAP", timedelta(0))
        list_one()
        note = log_access.current_checkpoint()[1]
        assert open_checkpoint(note, new).size == 6
        with pytest.raises(LogError):
            open_checkpoint(note, old.verifier_key)
        assert there.sync() == 6


@pytest.mark.django_db
def test_the_command_that_hands_the_log_over_says_what_to_keep(tmp_path: Path) -> None:
    list_one()
    before = log_access.verifier_key_line()
    done = CliRunner().invoke(app, ["hotline", "log", "rotate-key"])
    assert done.exit_code == 0
    sequence_pending()
    assert log_access.verifier_key_line() != before
    assert log_access.verifier_key_line() in done.stdout
    again = CliRunner().invoke(app, ["hotline", "log", "rotate-key"])
    assert again.exit_code == 0
    sequence_pending()
    assert sorted(path.name for path in (tmp_path / "secrets").glob("log-key*")) == [
        "log-key",
        "log-key-2",
        "log-key-3",
    ]
    (tmp_path / "secrets" / "log-key-3").unlink()
    secret.cache_clear()
    with pytest.raises(RuntimeError, match="backup"):
        list_one()
