"""Pixels and bytes to fingerprints: PDQ, SHA-256, MD5."""

from takeback.fingerprints.digests import md5_of, sha256_of
from takeback.fingerprints.pdq import DihedralPdqs, Pdq, dihedral_pdqs, pdq_of_pixels
from takeback.fingerprints.picture import PictureFingerprints, fingerprint_picture

__all__ = [
    "DihedralPdqs",
    "Pdq",
    "PictureFingerprints",
    "dihedral_pdqs",
    "fingerprint_picture",
    "md5_of",
    "pdq_of_pixels",
    "sha256_of",
]
