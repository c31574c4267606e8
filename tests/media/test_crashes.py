"""Files that fuzzing found: what broke a decoder once gives a picture or a clear error now."""

import numpy as np

from takeback.fingerprints.reading import READ_UPLOAD
from takeback.media import Decoder, MediaError, ReaderFailed
from tests.fuzz import crashes
from tests.support.encodings import encode, landscape, pixels

_LUMA = "tests.media.readers:luma"


def test_every_kept_file_gives_a_picture_or_a_clear_error() -> None:
    fine = encode(landscape())
    with Decoder(readers=[READ_UPLOAD, _LUMA]) as decoder:
        for path in crashes.kept():
            data = path.read_bytes()
            for read in (
                lambda data: decoder.decode(data).pixels,
                lambda data: decoder.read(data, READ_UPLOAD, b"standard"),
                lambda data: decoder.read(data, _LUMA, b"64"),
            ):
                try:
                    read(data)
                except MediaError as error:
                    assert not isinstance(error, ReaderFailed), path
                    assert str(error).endswith("."), path
            assert np.array_equal(decoder.decode(fine).pixels, pixels(landscape())), path


def test_every_kept_file_says_what_it_broke() -> None:
    readme = (crashes.FOLDER / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in crashes.kept() if f"`{path.name}`" not in readme] == []
    assert max((path.stat().st_size for path in crashes.kept()), default=0) <= crashes.LARGEST
