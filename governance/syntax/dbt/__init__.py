"""dbt sources as data: templates and YAML are parsed, never rendered."""

from governance.syntax.dbt.change import DbtChange, Project, Source, Value, values_in
from governance.syntax.dbt.effects import Effect
from governance.syntax.dbt.jinja import read_template
from governance.syntax.dbt.layout import DbtKind, dbt_kind
from governance.syntax.dbt.read import case, example, read_case, read_changes
from governance.syntax.dbt.template import Mention, Template, Text
from governance.syntax.dbt.yaml import Document, Entry, read_yaml

__all__ = [
    "DbtChange",
    "DbtKind",
    "Document",
    "Effect",
    "Entry",
    "Mention",
    "Project",
    "Source",
    "Template",
    "Text",
    "Value",
    "case",
    "dbt_kind",
    "example",
    "read_case",
    "read_changes",
    "read_template",
    "read_yaml",
    "values_in",
]
