"""The case code: what its check digit finds, how it is read, what it derives to."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.hotline.codes.domain import (
    CODE_DIGITS,
    MEMORY_KIB,
    PASSES,
    BadCaseCodeError,
    CaseCode,
    check_digit,
    new_case_code,
    read_case_code,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "case_code.json").read_text())

payloads = st.text("0123456789", min_size=CODE_DIGITS - 1, max_size=CODE_DIGITS - 1)
codes = payloads.map(lambda payload: CaseCode(payload + str(check_digit(payload))))

# The first digit of every script that has decimal digits.
ZEROS = [
    chr(point)
    for point in range(0x110000)
    if unicodedata.decimal(chr(point), None) == 0 and unicodedata.category(chr(point)) == "Nd"
]


@given(codes, st.integers(0, CODE_DIGITS - 1), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(code: CaseCode, place: int, by: int) -> None:
    wrong = str((int(code.digits[place]) + by) % 10)
    with pytest.raises(BadCaseCodeError):
        CaseCode(code.digits[:place] + wrong + code.digits[place + 1 :])


@given(codes, st.integers(0, CODE_DIGITS - 2))
def test_two_swapped_neighbours_are_always_found(code: CaseCode, place: int) -> None:
    first, second = code.digits[place], code.digits[place + 1]
    swapped = code.digits[:place] + second + first + code.digits[place + 2 :]
    if first == second:
        assert CaseCode(swapped) == code
    else:
        with pytest.raises(BadCaseCodeError):
            CaseCode(swapped)


@given(
    codes,
    st.sampled_from(ZEROS),
    st.lists(st.sampled_from([" ", "-", "–", "\u00a0", "\u200f", ".", "\t", "/", ""]), min_size=20),
)
def test_a_code_is_read_in_any_script_and_grouping(
    code: CaseCode, zero: str, between: list[str]
) -> None:
    digits = [chr(ord(zero) + int(digit)) for digit in code.digits]
    typed = "".join(digit + gap for digit, gap in zip(digits, between, strict=False))
    assert read_case_code(typed) == code
    assert read_case_code(code.grouped) == code


@given(st.text())
def test_whatever_is_typed_gives_a_code_or_the_typed_error(typed: str) -> None:
    try:
        assert len(read_case_code(typed).digits) == CODE_DIGITS
    except BadCaseCodeError as error:
        assert str(error) in {
            "A case code has 20 digits.",
            "A case code has digits only.",
            "A digit of the case code is wrong.",
        }


@pytest.mark.parametrize("typed", ["", "1234", "½" * 20, "x" * 20, "1" * 21, "٣" * 19])
def test_what_is_no_code_is_refused(typed: str) -> None:
    with pytest.raises(BadCaseCodeError):
        read_case_code(typed)


def test_new_codes_are_whole_and_differ() -> None:
    made = {new_case_code().digits for _ in range(200)}
    assert len(made) == 200
    for place in range(CODE_DIGITS - 1):
        assert len({digits[place] for digits in made}) == 10


def test_a_code_does_not_show_itself() -> None:
    code = new_case_code()
    assert code.digits not in repr(code)
    assert code.digits not in str({"code": code})


@pytest.mark.parametrize("vector", VECTORS["check_digits"], ids=lambda vector: vector["payload"])
def test_check_digits_are_those_of_the_vectors(vector: dict[str, str]) -> None:
    assert str(check_digit(vector["payload"])) == vector["check_digit"]


@pytest.mark.parametrize("vector", VECTORS["readings"], ids=lambda vector: vector["why"])
def test_readings_are_those_of_the_vectors(vector: dict[str, str | None]) -> None:
    typed, code = vector["typed"], vector["code"]
    assert typed is not None
    if code is None:
        with pytest.raises(BadCaseCodeError):
            read_case_code(typed)
    else:
        assert read_case_code(typed).digits == code


@pytest.mark.parametrize("vector", VECTORS["keys"], ids=lambda vector: vector["code"])
def test_keys_are_those_of_the_vectors(vector: dict[str, str]) -> None:
    assert VECTORS["derivation"] == {"memory_kib": MEMORY_KIB, "passes": PASSES, "lanes": 1}
    keys = CaseCode(vector["code"]).derive(bytes.fromhex(vector["salt"]))
    assert keys.lookup.hex() == vector["lookup"]
    assert keys.wrap.hex() == vector["wrap"]
