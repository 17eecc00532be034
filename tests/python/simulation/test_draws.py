"""Draws repeat, depend on their key alone, and fall as often as they should."""

from collections import Counter

from nines.simulation.draws import Draws

DRAWS = Draws(7)


def test_a_draw_is_the_same_on_every_machine() -> None:
    # Hashes of the key, pinned: another figure here is another company for everybody.
    assert [DRAWS.integer(0, 999, "pinned", number) for number in range(4)] == [742, 709, 145, 576]
    assert DRAWS.hexadecimal(12, "pinned") == "1dbdc1a930a0"


def test_keys_are_not_glued_together() -> None:
    assert DRAWS.bits("a", "bc") != DRAWS.bits("ab", "c")
    assert DRAWS.bits("a") != Draws(8).bits("a")


def test_chances_come_true_as_often_as_they_say() -> None:
    happened = sum(DRAWS.happens(250, "chance", number) for number in range(20_000))
    assert 4_750 < happened < 5_250
    weighted = Counter(DRAWS.weighted((("a", 1), ("b", 3)), "w", number) for number in range(8_000))
    assert 5_800 < weighted["b"] < 6_200


def test_half_of_the_long_tailed_lie_below_the_median_and_some_far_above() -> None:
    lengths = [DRAWS.long_tailed(1000, "tail", number) for number in range(20_000)]
    assert 9_600 < sum(length <= 1000 for length in lengths) < 10_400
    assert max(lengths) > 8_000
    assert min(lengths) >= 100


def test_a_sample_holds_different_options_in_their_order() -> None:
    options = list(range(50))
    drawn = DRAWS.sample(options, 10, "sample")
    assert drawn == sorted(set(drawn))
    assert len(drawn) == 10
    assert DRAWS.sample(options, 99, "all") == options
