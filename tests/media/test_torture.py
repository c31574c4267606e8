"""Every odd file gives fingerprints or a clear typed error: never a crash, never a hang."""

import json
from collections import Counter

import pytest

from takeback.fingerprints import fingerprint_picture
from takeback.media import Decoder, Limits, MediaError, UnsupportedMedia, sniff
from tests.conftest import REPOSITORY
from tests.media.torture import fetch
from tests.support.encodings import encode, landscape, pixels

_SIZE = "tests.media.readers:size"
_QUICK = Limits(max_cpu_seconds=5, max_wall_seconds=60)


@pytest.mark.timeout(600)
def test_every_file_gives_fingerprints_or_a_clear_error() -> None:
    outcomes: Counter[str] = Counter()
    with Decoder(_QUICK, readers=[_SIZE]) as decoder:
        for path in fetch(REPOSITORY / "var/torture"):
            data = path.read_bytes()
            try:
                found = fingerprint_picture(data, decoder)
            except MediaError as error:
                outcomes[type(error).__name__] += 1
                assert str(error).endswith("."), path
                assert path.name not in str(error)
                if sniff(data) is None:
                    assert isinstance(error, UnsupportedMedia), path
                with pytest.raises(type(error)):
                    decoder.read(data, _SIZE)
            else:
                outcomes[found.media_type] += 1
                read = json.loads(decoder.read(data, _SIZE))
                assert read == [found.media_type, found.width, found.height], path
                assert found.width > 0, path
                assert found.height > 0, path
                assert len(found.pdq.bits) == 32, path
                assert 0 <= found.pdq.quality <= 100, path
        assert (decoder.decode(encode(landscape())).pixels == pixels(landscape())).all()
    print(dict(outcomes))
    # The set is what it should be: hundreds of pictures of every kind, and broken ones among them.
    assert sum(count for kind, count in outcomes.items() if kind.startswith("image/")) > 800
    assert {"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"} <= outcomes.keys()
    assert {"image/tiff", "image/bmp", "image/heic"} <= outcomes.keys()
    assert {"DamagedMedia", "MediaTooLarge", "UnsupportedMedia"} <= outcomes.keys()
