"""The sample company is published, and nobody in it can be found in what is published."""

import csv
from pathlib import Path

import duckdb
import pytest

from nines.building import target_path
from nines.expectations import check
from nines.publishing import Publication, publish, published_path
from support import SAMPLE_EXPORTS, Company, environment


@pytest.fixture(scope="module")
def publication(sample_company: Company) -> Publication:
    with environment(**sample_company.variables):
        checks = [check(sample_company.warehouse, stage) for stage in ("landing", "marts")]
        assert not [one.describe() for result in checks for one in result.failures]
        return publish(
            sample_company.warehouse, published_path(), target=target_path(), checks=checks
        )


def identities() -> list[str]:
    """Return every way the sample exports name a person: address, name, login, id."""
    with (SAMPLE_EXPORTS / "people" / "people.csv").open(encoding="utf-8", newline="") as file:
        people = list(csv.DictReader(file))
    return [
        person[column].lower()
        for person in people
        for column in ("email", "name", "pagerduty_id", "github_login")
        if person[column]
    ]


def texts(publication: Path) -> dict[str, set[str]]:
    """Return every distinct text of every published table and Parquet file, by where it is."""
    found = {}
    for file in (publication / "nines.duckdb", publication / "finance.duckdb"):
        with duckdb.connect(str(file), read_only=True) as connection:
            for schema, table, column in connection.execute(
                "select schema_name, table_name, column_name from duckdb_columns() "
                "where data_type = 'VARCHAR' and not internal"
            ).fetchall():
                rows = connection.execute(
                    f'select distinct "{column}" from "{schema}"."{table}" '
                    f'where "{column}" is not null'
                ).fetchall()
                found[f"{file.name} {schema}.{table}.{column}"] = {value for (value,) in rows}
    with duckdb.connect() as connection:
        for file in publication.rglob("*.parquet"):
            relation = connection.from_parquet(str(file))
            kept = [
                f'"{name}"'
                for name, data_type in zip(relation.columns, relation.types, strict=True)
                if str(data_type) == "VARCHAR"
            ]
            if kept:
                rows = relation.select(", ".join(kept)).distinct().fetchall()
                found[file.name] = {value for row in rows for value in row if value is not None}
    found["manifest"] = {(publication / "manifest.json").read_text(encoding="utf-8")}
    return found


def test_no_person_of_the_sample_company_is_in_any_published_file(
    publication: Publication,
) -> None:
    looked_in = texts(publication.path)
    assert any("fct_incidents.title" in place for place in looked_in)
    found = [
        (place, one)
        for place, values in looked_in.items()
        for one in identities()
        if any(one in value.lower() for value in values)
    ]
    assert found == []


def test_no_pseudonym_of_a_person_is_in_any_published_file(
    publication: Publication, sample_company: Company
) -> None:
    with duckdb.connect(str(sample_company.warehouse), read_only=True) as connection:
        people = {
            person
            for (person,) in connection.execute(
                "select person_id from restricted.dim_people"
            ).fetchall()
        }
    assert people
    found = [
        place
        for place, values in texts(publication.path).items()
        if any(person in value for person in people for value in values)
    ]
    assert found == []


def test_every_published_column_and_table_is_described(publication: Publication) -> None:
    for file in ("nines.duckdb", "finance.duckdb"):
        with duckdb.connect(str(publication.path / file), read_only=True) as connection:
            undescribed = connection.execute(
                "select table_name, column_name from duckdb_columns() "
                "where not internal and comment is null union all "
                "select table_name, null from duckdb_tables() where comment is null"
            ).fetchall()
        assert undescribed == [], file


def test_publishing_it_again_changes_nothing(
    publication: Publication, sample_company: Company
) -> None:
    with environment(**sample_company.variables):
        checks = [check(sample_company.warehouse, stage) for stage in ("landing", "marts")]
        again = publish(
            sample_company.warehouse, published_path(), target=target_path(), checks=checks
        )
    assert not again.is_new
    assert again.path == publication.path
