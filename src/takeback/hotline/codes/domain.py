"""The case code: 20 digits that open a case, and the keys that are derived from them.

`web/src/case-code/` holds the same rules for the browser; `tests/vectors/case_code.json` keeps the
two together.
"""

import secrets
import unicodedata
from dataclasses import dataclass

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CODE_DIGITS = 20
"""How many digits a code has, the check digit included."""
GROUP_DIGITS = 4

SALT_BYTES = 16
PASSES = 3
MEMORY_KIB = 64 * 1024
"""With `PASSES`: some tens of milliseconds on a desk, under a second on a cheap phone; and one try
in 10^19 a guess (docs/decisions/0005-case-code.md)."""
_LANES = 1
_KEY_BYTES = 32

_LOOKUP_INFO = b"takeback case lookup v1"
_WRAP_INFO = b"takeback case wrap v1"

# The totally anti-symmetric quasigroup of order 10 in H. Michael Damm's thesis, "Total
# anti-symmetrische Quasigruppen" (Marburg, 2004): its check digit finds every wrong digit and
# every two neighbours swapped.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)

# General categories that may stand between the digits: spaces, dashes, other punctuation and
# invisible marks such as those that steer text direction.
_SEPARATORS = ("Z", "P", "Cf", "Cc")


class BadCaseCodeError(ValueError):
    """What was typed is not a case code; the message says nothing of what was typed."""


@dataclass(frozen=True)
class CaseKeys:
    """What a code derives to, 32 bytes each: `lookup` finds the case, `wrap` seals its names."""

    lookup: bytes
    wrap: bytes


@dataclass(frozen=True, repr=False)
class CaseCode:
    """A whole, checked code: 20 ASCII digits. It never shows itself in a log or a traceback."""

    digits: str

    def __post_init__(self) -> None:
        """Raise BadCaseCodeError unless the digits are a code."""
        if len(self.digits) != CODE_DIGITS or not self.digits.isascii():
            raise BadCaseCodeError(f"A case code has {CODE_DIGITS} digits.")
        if not self.digits.isdigit() or _interim(self.digits) != 0:
            raise BadCaseCodeError("A digit of the case code is wrong.")

    def __repr__(self) -> str:
        return "CaseCode(…)"

    @property
    def grouped(self) -> str:
        """The code in groups of four."""
        return " ".join(
            self.digits[start : start + GROUP_DIGITS]
            for start in range(0, CODE_DIGITS, GROUP_DIGITS)
        )

    def derive(self, salt: bytes) -> CaseKeys:
        """Stretch the code with Argon2id (RFC 9106), then split it with HKDF (RFC 5869).

        `salt` is the 16 bytes of the deployment. Takes 64 MiB while it runs.
        """
        key = hash_secret_raw(
            self.digits.encode("ascii"),
            salt,
            time_cost=PASSES,
            memory_cost=MEMORY_KIB,
            parallelism=_LANES,
            hash_len=_KEY_BYTES,
            type=Type.ID,
        )
        return CaseKeys(_expand(key, _LOOKUP_INFO), _expand(key, _WRAP_INFO))


def new_case_code() -> CaseCode:
    """Make a code: 19 uniformly random digits and their check digit."""
    digits = "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS - 1))
    return CaseCode(digits + str(check_digit(digits)))


def check_digit(digits: str) -> int:
    """The digit (0–9) that makes ASCII `digits` whole, by Damm's algorithm."""
    return _interim(digits)


def read_case_code(typed: str) -> CaseCode:
    """Read a code in any grouping and in the digits of any script.

    Raises BadCaseCodeError if it is not a code.
    """
    digits: list[str] = []
    for character in typed:
        value = unicodedata.decimal(character, None)
        if value is not None:
            digits.append(str(value))
        elif not unicodedata.category(character).startswith(_SEPARATORS):
            raise BadCaseCodeError("A case code has digits only.")
    return CaseCode("".join(digits))


def _interim(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim


def _expand(key: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(key)
