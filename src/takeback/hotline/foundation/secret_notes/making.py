"""Makes secrets, and notes in the database that it rests on them from then on."""

from collections.abc import Sequence

from django.db import transaction

from takeback.hotline.foundation.models import SecretNote
from takeback.hotline.foundation.secret_notes.checking import digest_of, is_log_key, refuse_lost
from takeback.hotline.foundation.secrets import SECRETS_OF_A_HOTLINE, make_secret, secret_if_there


def notes() -> dict[str, bytes]:
    """Return the digest of each secret that the database rests on."""
    return {
        name: bytes(digest) for name, digest in SecretNote.objects.values_list("name", "digest")
    }


@transaction.atomic
def make_noted_secret(name: str) -> bytes:
    """Make a secret on which nothing rests yet, and note it; files that are there stay.

    If the transaction does not come to its end, a file is left that nobody uses.
    """
    value = make_secret(name)
    SecretNote.objects.update_or_create(name=name, defaults={"digest": digest_of(value)})
    return value


@transaction.atomic
def complete_secrets() -> None:
    """Make and note those secrets of a hotline that its database does not know yet.

    On a fresh database these are all. Raises LostSecretError, and makes none, if one that it knows
    is missing here.
    """
    known = notes()
    refuse_lost(known)
    for name in SECRETS_OF_A_HOTLINE:
        if name not in known and not (known and is_log_key(name)):
            make_noted_secret(name)


@transaction.atomic
def replace_lost_secrets() -> Sequence[str]:
    """Make others in the place of missing secrets, but of keys of the log; returns their names.

    What rested on them is lost for good. A file that is there stays, whatever it holds.
    """
    missing = [name for name in sorted(notes()) if secret_if_there(name) is None]
    replaced = [name for name in missing if not is_log_key(name)]
    for name in replaced:
        make_noted_secret(name)
    return replaced


def forget_log_keys(besides: str) -> None:
    """Forget the keys of logs before the one that begins with the key `besides`."""
    for name in filter(is_log_key, notes()):
        if name != besides:
            SecretNote.objects.filter(name=name).delete()
