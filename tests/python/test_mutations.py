"""The mutations still fit the models they would change; `make mutate` applies them."""

import mutations


def test_every_mutation_fits_its_model_once_and_changes_it() -> None:
    for mutation in mutations.mutations():
        sql = (mutations.ROOT / mutation.file).read_text(encoding="utf-8")
        assert mutation.applied_to(sql) != sql, mutation


def test_three_mutations_concern_each_mart() -> None:
    assert not mutations.marts_short_of(mutations.mutations())
