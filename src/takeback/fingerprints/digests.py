"""Exact fingerprints: they tell whether two files are the same, byte for byte."""

import hashlib


def sha256_of(data: bytes) -> str:
    """Return the SHA-256 of `data` as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def md5_of(data: bytes) -> str:
    """Return the MD5 of `data` as 32 lower-case hexadecimal digits.

    Lists of other hotlines know files by it. It can be forged, so nothing may be trusted for
    having a certain MD5.
    """
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
