"""Nobody who is named in an export is named in the warehouse."""

import hashlib
import stat

import pytest

from nines.landing.privacy import KnownNames

SALT = "a salt nobody uses"


def keyed(text):
    inner = hashlib.sha256((SALT + text).encode()).hexdigest()
    return hashlib.sha256((SALT + inner).encode()).hexdigest()


def people(place):
    place.contract(
        "staff_people",
        {"files": ["people*.csv"], "key": ["email"], "delivery": "whole"},
        [{"name": "email", "person": True, "required": True}, {"name": "name", "known_name": True}],
    )


def titles(place, texts):
    lines = "".join(f'{i},"{t}",2026-05-01T10:00:00Z\n' for i, t in enumerate(texts))
    place.write("desk/tickets.csv", "id,title,opened_at\n" + lines)
    result = place.land()
    assert result.exit_status == 0, place.lines
    return [t for (t,) in place.query("select title from raw.desk_tickets order by _source_row")]


def test_persons_are_keyed_hashes_alike_whatever_their_case(place, tickets):
    tickets()
    place.write(
        "desk/tickets.csv",
        "id,owner_email,opened_at\nT1, Ada@Example.com ,2026-05-01T10:00:00Z\n"
        "T2,ada@example.com,2026-05-01T10:00:00Z\nT3,,2026-05-01T10:00:00Z\n",
    )
    place.land()
    expected = keyed("ada@example.com")
    assert place.query("select owner from raw.desk_tickets order by id") == [
        (expected,), (expected,), (None,)
    ]  # fmt: skip


def test_each_person_of_a_list_is_hashed(place):
    place.contract(
        "desk_shifts",
        {"files": ["*.jsonl"], "key": ["id"], "delivery": "changes"},
        [{"name": "id"}, {"name": "users", "person": True}],
    )
    place.write(
        "desk/a.jsonl", '{"id": 1, "users": ["A", "b"]}\n{"id": 2, "users": {"x": 1}}\n{"id": 3}\n'
    )
    place.land()
    [(first,), (second,), (third,)] = place.query("select users from raw.desk_shifts order by id")
    assert first == f'["{keyed("a")}","{keyed("b")}"]'
    assert len(second) == 64
    assert third is None


@pytest.mark.parametrize(
    ("text", "blanked"),
    [
        ("mail ada.quill+x@mail.example.com now", "mail [email] now"),
        ("<ada@example.com>", "<[email]>"),
        ("call +44 20 7946 0958 please", "call [phone] please"),
        ("+1-202-555-0143", "[phone]"),
        ("(202) 555-0143 or 202-555-0143", "[phone] or [phone]"),
        ("202.555.0143", "[phone]"),
        ("020 7946 0958", "[phone]"),
        ("ring 07700 900123", "ring [phone]"),
        ("seen by ADA QUILL.", "seen by [name]."),
        ("Ada Quill Ben Oduya", "[name] [name]"),
        ("Zoë Müller's page", "[name]'s page"),
        ("Ada  Quill", "[name]"),
    ],
)
def test_free_text_loses_mail_telephone_and_known_names(place, tickets, text, blanked):
    tickets()
    people(place)
    place.write(
        "staff/people.csv",
        "email,name\na@example.com,Ada Quill\nb@example.com,Ben Oduya\nz@example.com,Zoë Müller\n",
    )
    assert titles(place, [text]) == [blanked]
    assert "quill" not in str(place.query("select * from raw.staff_people")).lower()


@pytest.mark.parametrize(
    "text",
    [
        "2026-08-03 09:15", "2026-08-03T09:15:00.000+01:00", "INC0000045", "v1.2.3", "10.0.0.12",
        "0916a0afdfa825779c892a8951bde706a054d352", "5a0c1e00-0000-4000-8000-0000000000a1",
        "checkout: 5xx at 12.5 %, 200-300 ms", "error 504 on 443", "PSVC001", "#1234567890",
        "order 4111111111111111", "08-03 09:15 to 10:30", "10:00:00.123456", "Adaquillson",
        "node ip-10-0-100-200-3000", "+12 % latency", "build 20260803.1", "user@", "@here",
    ],
)  # fmt: skip
def test_what_only_looks_like_an_identity_survives(place, tickets, text):
    tickets()
    people(place)
    place.write("staff/people.csv", "email,name\na@example.com,Ada Quill\n")
    assert titles(place, [text]) == [text]


def test_a_name_that_begins_a_line_is_blanked_in_rejects_too(place, tickets):
    tickets()
    people(place)
    place.write("staff/people.csv", "email,name\nada@example.com,Ada Quill\n")
    place.write(
        "desk/tickets.csv",
        'id,title,opened_at\nT1,"seen by\nAda Quill\tAda Quill",yesterday\n',
    )
    place.land()
    [(original,)] = place.query("select original from raw._rejected_rows")
    assert "Ada" not in original
    assert original.count("[name]") == 2


def test_names_of_earlier_runs_are_known_and_kept_unreadable(place, tickets):
    tickets()
    people(place)
    file = place.write("staff/people.csv", "email,name\na@example.com,Ada Quill\n")
    place.land()
    file.unlink()
    assert titles(place, ["paged Ada Quill"]) == ["paged [name]"]
    kept = place.warehouse.parent / ".names"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert b"quill" not in kept.read_bytes().lower()


def test_a_thousand_names_are_cut_into_patterns_that_compile(place, tickets):
    tickets()
    people(place)
    names = "".join(f"p{n}@example.com,First{n} (x) Last{n}\n" for n in range(3000))
    place.write("staff/people.csv", "email,name\n" + names)
    assert titles(place, ["by first2999 (x) last2999, ok", "by First1 (x) Last11"]) == [
        "by [name], ok", "by First1 (x) Last11"
    ]  # fmt: skip
    assert len(KnownNames(place.warehouse.parent, SALT).patterns()) > 1


def test_a_salt_is_made_once_for_its_owner_only(place, tickets, monkeypatch):
    monkeypatch.delenv("NINES_SALT")
    tickets()
    place.write(
        "desk/tickets.csv", "id,owner_email,opened_at\nT1,a@example.com,2026-05-01T10:00:00Z\n"
    )
    result = place.land()
    assert any("NINES_SALT is not set" in notice for notice in result.notices)
    kept = place.root / "data" / ".salt"
    salt = kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert not place.land().notices
    assert kept.read_text() == salt
    assert salt not in " ".join(place.lines)


def test_names_kept_under_another_salt_start_anew_with_a_notice(place, tickets, monkeypatch):
    tickets()
    people(place)
    place.write("staff/people.csv", "email,name\na@example.com,Ada Quill\n")
    place.land()
    monkeypatch.setenv("NINES_SALT", "another salt")
    assert titles(place, ["paged Ada Quill"]) == ["paged [name]"]
    assert any("another salt" in line for line in place.lines)


def test_the_salt_is_in_no_sql_and_no_message(place, tickets, monkeypatch):
    from nines.landing import engine

    seen = []
    run = engine._Session.run
    monkeypatch.setattr(
        engine._Session,
        "run",
        lambda self, sql, values: (seen.append(sql), run(self, sql, values))[1],
    )
    tickets()
    place.write(
        "desk/tickets.csv", "id,owner_email,opened_at\nT1,a@example.com,2026-05-01T10:00:00Z\n"
    )
    place.land()
    assert any("$salt" in sql for sql in seen)
    assert not any(SALT in sql for sql in seen)
