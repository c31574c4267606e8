"""Every layout of samples that TIFF is read in has a case, which others hold to right pixels."""

from takeback.media.formats.tiff import READ
from tests.support.odd_pictures.tiffs import layouts

_EXTRA, _FORMAT = 338, 339
_UNSIGNED = 1


def test_there_is_a_case_for_every_layout_that_is_read_and_for_no_other() -> None:
    made = {
        (
            layout.photometric,
            layout.bits,
            layout.tags.get(_FORMAT, (_UNSIGNED,))[0],
            layout.tags.get(_EXTRA, ()),
        )
        for layout in layouts()
    }
    assert made == set(READ)
