"""Keeps identities out of the warehouse: keyed hashes for persons, redaction for free text."""

import base64
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from nines.landing.sqltext import literal

# A regex of this many characters still compiles and runs fast; longer lists are cut in several.
PATTERN_CHARACTERS = 12_000
SHORTEST_NAME = 3

EMAIL = r"""[^\s@<>()\[\],;:"'=|]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"""
# Only forms people write telephone numbers in: +country, (area) or 555-555-5555, 0xxx groups.
# Dates, versions, addresses, ticket numbers and hashes have other separators or other groups.
PHONE = (
    r"(^|[^0-9A-Za-z.+:-])(?:"
    r"\+[1-9](?:[ .()/-]{0,2}[0-9]){7,14}"
    r"|(?:1[ .-])?\([2-9][0-9]{2}\) ?[2-9][0-9]{2}[ .-][0-9]{4}"
    r"|(?:1[ .-])?[2-9][0-9]{2}-[2-9][0-9]{2}-[0-9]{4}"
    r"|(?:1\.)?[2-9][0-9]{2}\.[2-9][0-9]{2}\.[0-9]{4}"
    r"|0[0-9]{2,4}(?:[ -][0-9]{3,4}){2,3}"
    r"|0[0-9]{4} [0-9]{6}"
    r"|0[1-9](?:[ .][0-9]{2}){4}"
    r")\b"
)


def read_salt(folder: Path) -> tuple[str, str | None]:
    """Return the salt, and a notice when it was made just now.

    It is `NINES_SALT`, else the content of .salt in `folder`, made at the first landing so that
    only its owner can read it.
    """
    given = os.environ.get("NINES_SALT")
    if given:
        return given, None
    path = folder / ".salt"
    if path.exists():
        kept = path.read_text(encoding="ascii").strip()
        if kept:
            return kept, None
    folder.mkdir(parents=True, exist_ok=True)
    made = secrets.token_hex(32)
    write_private(path, made.encode("ascii"))
    return made, (
        f"NINES_SALT is not set: a random salt was made and is kept in {path}. Keep it as long as "
        "the warehouse; without it the same person gets another hash."
    )


def write_private(path: Path, content: bytes) -> None:
    """Write a file only its owner can read, whole or not at all."""
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(path)


class KnownNames:
    """The people's names met so far, kept encrypted beside the salt between landings."""

    def __init__(self, folder: Path, salt: str) -> None:
        """Read the names kept in `folder`, if this salt opens them."""
        self.path = folder / ".names"
        key = hashlib.scrypt(salt.encode(), salt=b"nines names", n=2**12, r=8, p=1, dklen=32)
        self._vault = Fernet(base64.urlsafe_b64encode(key))
        self.names: set[str] = set()
        self.notice: str | None = None
        if self.path.exists():
            try:
                self.names = set(json.loads(self._vault.decrypt(self.path.read_bytes())))
            except (InvalidToken, ValueError):
                self.notice = (
                    f"{self.path} was written with another salt; the names to blank in free text "
                    "start anew with the people exports present now."
                )

    def add(self, names: Iterable[str | None]) -> None:
        """Add names; those too short to be told from words are left out."""
        met = {" ".join(name.split()).lower() for name in names if name}
        met = {name for name in met if len(name) >= SHORTEST_NAME} - self.names
        if met:
            self.names |= met
            self.path.parent.mkdir(parents=True, exist_ok=True)
            content = json.dumps(sorted(self.names)).encode()
            write_private(self.path, self._vault.encrypt(content))

    def patterns(self) -> list[str]:
        """Return regular expressions (RE2) that find the names as whole words, in any case."""
        groups: list[list[str]] = [[]]
        size = 0
        # The longest first: where one name begins another, the whole of it goes.
        for name in sorted(self.names, key=lambda name: (-len(name), name)):
            escaped = r"\s+".join(_escaped(word) for word in name.split(" "))
            size += len(escaped)
            if size > PATTERN_CHARACTERS:
                groups.append([])
                size = len(escaped)
            groups[-1].append(escaped)
        edge = r"[^\pL\pN_]"
        return [rf"(?i)(^|{edge})(?:{'|'.join(group)})($|{edge})" for group in groups if group]


def _escaped(word: str) -> str:
    return re.sub(r"([^\w])", r"\\\1", word)


def hashed(expression: str) -> str:
    """Return SQL for the keyed hash of a text: SHA-256 over salt and SHA-256 of salt and text."""
    return f"sha256($salt || sha256($salt || lower(trim({expression}))))"


def hashed_json(expression: str) -> str:
    """Return SQL for the hash of a text that may be a JSON list of texts: then of each of them."""
    each = hashed("person")
    return (
        f"case when starts_with({expression}, '[') and json_valid({expression}) then "
        f"cast(to_json(list_transform(json_extract_string({expression}, '$[*]'), "
        f"lambda person: {each})) as varchar) else {hashed(expression)} end"
    )


def redacted(expression: str, name_patterns: int) -> str:
    """Return SQL that blanks e-mail addresses, telephone numbers and known names in a text.

    The patterns of the names are bound as $names_0, $names_1 and so on.
    """
    text = (
        f"case when contains({expression}, '@') "
        f"then regexp_replace({expression}, {literal(EMAIL)}, '[email]', 'g') "
        f"else {expression} end"
    )
    text = f"regexp_replace({text}, {literal(PHONE)}, '\\1[phone]', 'g')"
    if not name_patterns:
        return text
    blanked = text
    for place in range(name_patterns):
        # Twice: two names that share the space between them are found one after the other.
        for _ in range(2):
            blanked = f"regexp_replace({blanked}, $names_{place}, '\\1[name]\\2', 'g')"
    # Most texts name nobody, and to see that takes less than to rewrite them.
    named = " or ".join(
        f"regexp_matches({expression}, $names_{place})" for place in range(name_patterns)
    )
    return f"case when {named} then {blanked} else {text} end"
