"""One change of each kind in the corner shop, its class beside what DuckDB makes of it."""

from collections import Counter

from tests.benchmarks.dbt_mutations import cases, error
from tests.benchmarks.mutants.changes import BAD
from tests.benchmarks.mutants.projects import corner_shop


def test_the_class_of_a_change_is_what_the_data_show() -> None:
    found = list(cases({"shop": corner_shop}, rounds=1, seed=7, data=(1, 2)))
    truths = Counter(case.truth for case in found)
    assert min(truths["none"], truths["semantic"], truths["breaking"]) >= 5
    assert [case for case in found if error(case) in ("less", "unknown")] == []
    assert [case for case in found if case.said == "breaking" != case.truth] == []
    assert [case for case in found if case.kind not in BAD and error(case) == "more"] == []
