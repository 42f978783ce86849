"""`governance policy` and `governance rules`: what is written is valid, what is printed is true."""

import json
import re

import jsonschema
import pytest
import yaml

from governance.catalog import listing
from governance.policy import Policy
from tests.cli.conftest import PASS, UNDECIDED


def test_the_policy_to_start_from_is_valid_and_is_not_written_twice(governance, own_home):
    assert governance("policy", "init").status == PASS
    ran = governance("policy", "check")
    assert (ran.status, Policy.load("governance.yml").digest in ran.out) == (PASS, True)
    (own_home / "governance.yml").write_text("version: 1")
    again = governance("policy", "init")
    assert (again.status, "not overwritten" in again.err) == (UNDECIDED, True)
    assert (own_home / "governance.yml").read_text() == "version: 1"


def test_every_line_of_the_policy_to_start_from_is_valid_when_it_is_uncommented(governance, own_home):
    governance("policy", "init", "all.yml")
    title, *lines = (own_home / "all.yml").read_text().splitlines()
    (own_home / "all.yml").write_text(
        "\n".join([title, *(re.sub(r"^(\s*)# ", r"\1", line) for line in lines)])
    )
    ran = governance("policy", "check", "all.yml")
    assert ran.status == PASS, ran.err
    assert Policy.load("all.yml").waivers


def test_the_schema_agrees_with_the_reader(governance, own_home):
    schema = governance("policy", "schema").json
    governance("policy", "init")
    jsonschema.validate(
        json.loads(json.dumps(yaml.safe_load((own_home / "governance.yml").read_text()))), schema
    )
    for wrong in ({"sqll": {}}, {"sql": {"profile": 5}}, {"rules": {"SQL001": "grave"}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def test_every_rule_is_listed_and_can_be_explained(governance):
    listed = [line.split()[0] for line in governance("rules").out.splitlines()]
    assert listed == [row[0] for row in listing()]
    for code in (listed[0], listed[-1]):
        assert code in governance("rules", code).out.splitlines()[0]


def test_an_unknown_rule_is_refused(governance):
    ran = governance("rules", "SQL999")
    assert (ran.status, "no rule 'SQL999'" in ran.err) == (UNDECIDED, True)
