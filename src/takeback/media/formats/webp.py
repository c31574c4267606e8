"""WebP: an animation's first frame on a transparent canvas, as browsers lay it."""

from typing import Final

# RFC 9649, 2.7.1: where the flags of VP8X stand, and two of them.
_KIND_AT, _FLAGS_AT = 12, 20
_ANIMATED: Final = 0x02
_ALPHA: Final = 0x10


def with_transparent_canvas(data: bytes | memoryview) -> bytes | memoryview:
    """Return the file, with the flag for transparency set if it is an animation.

    Without it Pillow would take what the first frame leaves free for black.
    """
    is_extended = bytes(data[_KIND_AT : _KIND_AT + 4]) == b"VP8X" and len(data) > _FLAGS_AT
    if not is_extended or not data[_FLAGS_AT] & _ANIMATED or data[_FLAGS_AT] & _ALPHA:
        return data
    flags = bytes((data[_FLAGS_AT] | _ALPHA,))
    return b"".join((data[:_FLAGS_AT], flags, data[_FLAGS_AT + 1 :]))
