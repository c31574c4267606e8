"""Computes all that an upload is looked up by in one pass: the gate's fast path."""

from dataclasses import dataclass

from takeback.fingerprints.reading import READ_UPLOAD, ViewPdq, parse_upload
from takeback.fingerprints.views import ViewPolicy, shipped_policies
from takeback.media import DamagedMedia, Decoder, sniff


@dataclass(frozen=True, slots=True)
class UploadViews:
    """What an upload is looked up by, beside its digests.

    `width` and `height` are in pixels, after the file's orientation was applied. `pdqs` are of all
    views of `policy` that the upload has, the whole as it is first.
    """

    policy: ViewPolicy
    media_type: str
    width: int
    height: int
    pdqs: tuple[ViewPdq, ...]

    def name_of(self, found: ViewPdq) -> str:
        """Return what a person calls the view, such as `trimmed, mirrored`."""
        turned = ORIENTATION_NAMES[found.orientation]
        name = self.policy.upload[found.view].name
        return f"{name}, {turned}" if turned else name


ORIENTATION_NAMES = (
    *("", "turned 90°", "turned 180°", "turned 270°"),
    *("upside down", "mirrored", "transposed", "anti-transposed"),
)
"""What the eight orientations of `dihedral_pdqs` are called; as it is has no name."""


def fingerprint_upload(data: bytes, decoder: Decoder, policy: ViewPolicy) -> UploadViews:
    """Return what the picture file `data` is to be looked up by.

    A child process of `decoder`, made with `READ_UPLOAD` among its readers, decodes the picture and
    looks at it. The PDQ of the whole is within a few bits of `fingerprint_picture`'s. Raises what
    `decoder.read` raises, and ValueError for a policy that is not one of those shipped: the child
    knows no other.
    """
    if shipped_policies().get(policy.name) != policy:
        raise ValueError(f"{policy.name!r} is not a view policy that is shipped.")
    answer = decoder.read(data, READ_UPLOAD, policy.name.encode())
    try:
        width, height, pdqs = parse_upload(answer, policy)
    except ValueError as error:
        raise DamagedMedia("This picture can't be read. Save it anew and try again.") from error
    return UploadViews(
        policy=policy,
        media_type=sniff(data) or "",
        width=width,
        height=height,
        pdqs=pdqs,
    )
