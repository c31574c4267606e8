"""PNG → the frame that viewers show first, as a plain PNG of nothing but its picture.

Texts, profiles and times are left out before Pillow sees them: browsers don't read them for the
picture, and reading them costs memory. Chunks that may be left out count only with a right
checksum and in their place, as in browsers (PNG 5.3, 5.6; libpng and the `png` crate agree); for
what makes the picture itself checksums are passed over, so that a damaged copy is still known.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from takeback.media.orientation import Orientation, orientation_of
from takeback.media.protocol import Outcome
from takeback.media.refused import Refused

Buffer = bytes | memoryview

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_MOST_BYTES: Final = (1 << 31) - 1  # of one chunk (PNG 5.3)
_PALETTE: Final = 3  # colour type (PNG 11.2.1)
_PALETTE_DEPTHS: Final = (1, 2, 4, 8)  # bits (PNG 11.2.1)
_COLOUR_BYTES: Final = 3
_MOST_COLOURS: Final = 256
_PALETTE_BYTES: Final = _COLOUR_BYTES * _MOST_COLOURS
_NUMBER: Final = 4  # bytes of a number
_HEADER: Final = struct.Struct(">IIBBBBB")  # PNG 11.2.1
_FRAME: Final = struct.Struct(">IIIIIHHBB")  # PNG 11.3.6.2: fcTL
_CHECKED: Final = frozenset({b"acTL", b"fcTL", b"tRNS", b"eXIf"})
_PIECE: Final = 1 << 16  # bytes that are inflated at a time, so that little is held


class Header(NamedTuple):
    """IHDR; sides in pixels."""

    width: int
    height: int
    depth: int
    colour_type: int
    compression: int
    filtering: int
    interlace: int

    @property
    def most_bytes(self) -> int:
        """Bytes that its pixels take at most, interlaced or not, before they are compressed."""
        row = (self.width * self.depth * 4 + 7) // 8 + 1
        return 2 * row * self.height + 64


class FirstFrame(NamedTuple):
    """The frame that is shown first, and its place on the canvas.

    `before` and `stream` are what a PNG of it consists of; `apple` tells that its pixels are blue
    first and multiplied with their alpha (CgBI).
    """

    header: Header
    before: bytes
    stream: bytes
    canvas: tuple[int, int]
    at: tuple[int, int]
    orientation: Orientation
    apple: bool

    def file(self) -> bytes:
        """Return the frame as a PNG."""
        # Pillow does not look at the checksum of IDAT: there is nothing to compare it with.
        data = (struct.pack(">I", len(self.stream)), b"IDAT", self.stream, bytes(4))
        return b"".join((self.before, *data, _chunk(b"IEND", b"")))

    def mended(self) -> "FirstFrame":
        """Return the frame with a right end of its compressed data, if all of the data is there."""
        return self._replace(stream=_mended(self.stream[2:], self.header.most_bytes))


class _Chunk(NamedTuple):
    kind: bytes
    body: Buffer
    intact: bool | None  # whether its checksum is right; None where nobody asked


class _Found(NamedTuple):
    """What a walk over all chunks gathered."""

    header: Header
    apple: bool
    before: dict[bytes, bytes]  # PLTE, tRNS, eXIf: the first of each that counts
    data: list[Buffer]
    control: bytes | None  # fcTL of the first frame
    hidden: bool  # whether what IDAT holds is no frame, though there is one


def first_frame(data: Buffer) -> FirstFrame:
    """Find the first frame of a PNG; `data` begins as one.

    Raises Refused: damaged if there is no header, or if the first frame of an animation is not
    there or does not lie on its canvas; unsupported for Apple's PNGs other than 8 bits in colour.
    """
    found = _gathered(data)
    header, at = found.header, (0, 0)
    if found.control is not None:
        at, header = _placed(found.control, found)
    stream = b"".join(found.data)
    if found.apple:
        if (header.depth, header.colour_type) not in ((8, 2), (8, 6)):
            raise Refused(Outcome.UNSUPPORTED)
        stream = _mended(stream, header.most_bytes)  # it has no head
    return FirstFrame(
        header=header,
        before=_before(header, found.before),
        stream=stream,
        canvas=(found.header.width, found.header.height),
        at=at,
        orientation=orientation_of(found.before.get(b"eXIf", b"")),
        apple=found.apple,
    )


def _mended(stream: bytes, most: int) -> bytes:
    """Return compressed data (RFC 1951) with the header and checksum of zlib (RFC 1950).

    Inflates it for that, up to `most` bytes, and holds few of them at a time. Of data that does not
    end by then nothing but the header is made.
    """
    inflating, checksum, made = zlib.decompressobj(-zlib.MAX_WBITS), 1, 0
    head = b"\x78\x01"
    try:
        for at in range(0, len(stream), _PIECE):
            rest = stream[at : at + _PIECE]
            while rest and made < most:
                piece = inflating.decompress(rest, _PIECE)
                checksum, made = zlib.adler32(piece, checksum), made + len(piece)
                rest = inflating.unconsumed_tail
            if inflating.eof:
                end = min(at + _PIECE, len(stream)) - len(inflating.unused_data)
                return head + stream[:end] + struct.pack(">I", checksum)
            if made >= most:
                break
    except zlib.error:
        pass
    return head + stream


def _gathered(data: Buffer) -> _Found:
    chunks = _chunks(data)
    chunk = next(chunks, None)
    apple = chunk is not None and chunk.kind == b"CgBI"
    if apple:
        chunk = next(chunks, None)
    if chunk is None or chunk.kind != b"IHDR" or len(chunk.body) < _HEADER.size:
        raise Refused(Outcome.DAMAGED)
    header = Header(*_HEADER.unpack_from(chunk.body))
    before: dict[bytes, bytes] = {}
    pictures: list[Buffer] = []
    frames: list[Buffer] = []
    animated, control, hidden = False, None, False
    for kind, body, intact in chunks:
        if kind == b"IDAT":
            hidden = hidden or (animated and control is None and not pictures)
            pictures.append(body)
        elif kind == b"fdAT":
            if control is not None and hidden:
                frames.append(body[_NUMBER:])
        elif kind == b"fcTL" and animated:
            if control is not None:
                break  # the second frame
            control = bytes(body) if intact else b""
        elif pictures:
            continue
        elif kind == b"acTL" and intact and len(body) >= _NUMBER:
            animated = animated or any(body[:_NUMBER])
        elif kind == b"PLTE" or (kind == b"tRNS" and intact and _in_place(header, before)):
            before.setdefault(kind, bytes(body[:_PALETTE_BYTES]))
        elif kind == b"eXIf" and intact:
            before.setdefault(kind, bytes(body))
    hidden = hidden and control is not None
    return _Found(header, apple, before, frames if hidden else pictures, control, hidden)


def _in_place(header: Header, before: dict[bytes, bytes]) -> bool:
    """Tell whether transparency may come here: that of a palette after the palette (11.3.1.1)."""
    return header.colour_type != _PALETTE or b"PLTE" in before


def _chunks(data: Buffer) -> Iterator[_Chunk]:
    """Yield the chunks up to the end of the picture; the last one may be cut short."""
    at = len(_SIGNATURE)
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        if length > _MOST_BYTES or kind == b"IEND":
            return
        at += 12 + length
        intact = None
        if kind in _CHECKED:
            intact = at <= len(data) and zlib.crc32(body, zlib.crc32(kind)).to_bytes(4) == bytes(
                data[at - 4 : at]
            )
        yield _Chunk(kind, body, intact)


def _placed(control: bytes, found: _Found) -> tuple[tuple[int, int], Header]:
    """Return where the first frame lies, and its header; raises Refused if not on the canvas."""
    if len(control) < _FRAME.size:
        raise Refused(Outcome.DAMAGED)
    number, width, height, left, top, *_ = _FRAME.unpack_from(control)
    header = found.header
    inside = 0 < width <= header.width - left and 0 < height <= header.height - top
    # The picture in IDAT is a frame only if it covers the canvas (11.3.6.2).
    covers = (width, height, left, top) == (header.width, header.height, 0, 0)
    if number != 0 or not inside or not (found.hidden or covers):
        raise Refused(Outcome.DAMAGED)
    return (left, top), header._replace(width=width, height=height)


def _before(header: Header, chunks: dict[bytes, bytes]) -> bytes:
    if header.colour_type == _PALETTE:
        chunks = _completed(header, chunks)
    kept = [_chunk(kind, chunks[kind]) for kind in (b"PLTE", b"tRNS") if kind in chunks]
    return b"".join((_SIGNATURE, _chunk(b"IHDR", _HEADER.pack(*header)), *kept))


def _completed(header: Header, chunks: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """Return the palette and its transparency with an entry for each pixel that there may be.

    Whatever a pixel asks for beyond its end has the palette's last colour and transparency, as in
    Chromium (`SkPngCodecBase` of Skia fills its table so). Raises Refused where there is none.
    """
    palette, alpha = chunks.get(b"PLTE", b""), chunks.get(b"tRNS", b"")
    entries = len(palette) // _COLOUR_BYTES
    if entries == 0:
        raise Refused(Outcome.DAMAGED)
    palette = palette[: entries * _COLOUR_BYTES]
    missing = (1 << header.depth) - entries
    if header.depth not in _PALETTE_DEPTHS or missing < 0:
        missing = 0
    last = palette[-_COLOUR_BYTES:]
    complete = {b"PLTE": palette + last * missing}
    if 0 < len(alpha) <= _MOST_COLOURS:  # a longer one is none (libpng and the `png` crate agree)
        alpha = alpha[:entries].ljust(entries, b"\xff")
        complete[b"tRNS"] = alpha + alpha[-1:] * missing
    return complete


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(body, zlib.crc32(kind))
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)
