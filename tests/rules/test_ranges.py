"""Which part of a file a Range header asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.wire.refusals import RangeUnsatisfiable
from changliao.wire.serving import part


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=3-", (3, 10)),
        ("bytes=3-99", (3, 10)),
        ("bytes=-4", (6, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes = 1 - 2", (1, 3)),
        ("", None),
        ("bytes=-", None),
        ("bytes=5-2", None),
        ("bytes=0-1,4-5", None),
        ("lines=1-2", None),
        ("bytes=x-y", None),
        ("bytes=0-" + "9" * 40, None),
    ],
)
def test_a_range_is_a_part_and_anything_else_the_whole(
    asked: str, found: tuple[int, int] | None
) -> None:
    assert part(asked, 10) == found


@pytest.mark.parametrize(("asked", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0)])
def test_a_range_outside_is_refused(asked: str, size: int) -> None:
    with pytest.raises(RangeUnsatisfiable) as caught:
        part(asked, size)
    assert caught.value.extra == {"size": size}


@given(st.integers(1, 50), st.integers(0, 60), st.integers(0, 60))
def test_a_part_is_what_a_slice_would_be(size: int, first: int, last: int) -> None:
    content = bytes(range(size))
    if first >= size:
        with pytest.raises(RangeUnsatisfiable):
            part(f"bytes={first}-{max(first, last)}", size)
        return
    found = part(f"bytes={first}-{max(first, last)}", size)
    assert found is not None
    assert content[slice(*found)] == content[first : max(first, last) + 1]
