"""Building takes instants as people write them."""

import pytest

from nines.building import BuildError, utc


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-07-01", "2026-07-01T00:00:00"),
        ("2026-07-01T00:00:00Z", "2026-07-01T00:00:00"),
        ("2026-07-01 00:00:00+02:00", "2026-06-30T22:00:00"),
    ],
)
def test_an_offset_of_an_instant_is_not_dropped(written: str, meant: str) -> None:
    assert utc(written) == meant


def test_what_is_no_instant_is_refused() -> None:
    with pytest.raises(BuildError, match="no instant"):
        utc("next week' or 1=1")
