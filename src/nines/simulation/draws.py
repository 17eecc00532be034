"""Draws that any machine repeats: each one depends on the seed and its own key, on nothing else.

A draw is a number cut from a hash of the seed and the key, so that the order of drawing does not
matter, a new kind of record moves no older one, and no float library or Python version can. Only
whole numbers are drawn: shares are permille, rates are per million.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

Key = str | int | date | datetime
T = TypeVar("T")
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

# Quarter-points of a log-normal with sigma 1, in permille of its median: interpolated between, it
# gives the long tails that repair times have, without a logarithm.
_LONG_TAIL = (100, 277, 432, 590, 763, 1000, 1311, 1694, 2315, 3604, 9000)


@dataclass(frozen=True, slots=True)
class Draws:
    """All randomness of one company."""

    seed: int

    def bits(self, *key: Key) -> int:
        """Return 64 random bits."""
        text = "\x1f".join((str(self.seed), *(str(part) for part in key)))
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")

    def integer(self, low: int, high: int, *key: Key) -> int:
        """Return a whole number from low to high, both included."""
        return low + self.bits(*key) % (high - low + 1)

    def happens(self, permille: int, *key: Key) -> bool:
        """Return whether something with this chance happens."""
        return self.bits(*key) % 1000 < permille

    def happens_per_million(self, rate: int, *key: Key) -> bool:
        """Return whether something rarer than a permille happens."""
        return self.bits(*key) % 1_000_000 < rate

    def choice(self, options: Sequence[T], *key: Key) -> T:
        """Return one of the options."""
        return options[self.bits(*key) % len(options)]

    def weighted(self, options: Sequence[tuple[T, int]], *key: Key) -> T:
        """Return one of the options, each as likely as its weight."""
        place = self.bits(*key) % sum(weight for _, weight in options)
        for option, weight in options:
            if place < weight:
                return option
            place -= weight
        raise AssertionError("weights are positive")

    def sample(self, options: Sequence[T], count: int, *key: Key) -> list[T]:
        """Return `count` different options (all of them when there are fewer), in their order."""
        ranked = sorted(range(len(options)), key=lambda place: self.bits(*key, place))
        return [options[place] for place in sorted(ranked[:count])]

    def long_tailed(self, median: int, *key: Key) -> int:
        """Return a duration-like number: half lie below the median, a few far above."""
        place = self.bits(*key) % ((len(_LONG_TAIL) - 1) * 1000)
        step, share = divmod(place, 1000)
        permille = _LONG_TAIL[step] * (1000 - share) + _LONG_TAIL[step + 1] * share
        return max(1, median * permille // 1_000_000)

    def identifier(self, alphabet: str, length: int, *key: Key) -> str:
        """Return an id of `length` letters of the alphabet."""
        number = int.from_bytes(
            hashlib.blake2b(
                "\x1f".join((str(self.seed), "id", *(str(part) for part in key))).encode(),
                digest_size=40,
            ).digest(),
            "big",
        )
        letters = []
        for _ in range(length):
            number, place = divmod(number, len(alphabet))
            letters.append(alphabet[place])
        return "".join(letters)

    def hexadecimal(self, length: int, *key: Key) -> str:
        """Return lower-case hexadecimal digits: a commit, a ServiceNow key."""
        return self.identifier("0123456789abcdef", length, *key)
