"""The table of contents of all rules, listed by hand, and their documentation rendered from it.

Entries are `module:Class` below `governance.rules`, so that judging one SQL statement imports no
dbt, infrastructure or trace rule.
"""

from functools import cache
from importlib import import_module
from typing import Any

from governance.fault import FAULTS
from governance.rule import Rule
from governance.rulebook import Row, fault_page, page, row, table

SQL: tuple[str, ...] = (
    "multi_statement:MultiStatement",
    "unknown_dialect:UnknownDialect",
    "unreadable_sql:UnreadableSql",
    "parser_disagreement:ParserDisagreement",
    "executable_comment:ExecutableComment",
    "lexical_ambiguity:LexicalAmbiguity",
    "hidden_character:HiddenCharacter",
    "oversized_sql:OversizedSql",
    "unknown_statement:UnknownStatement",
    "write_in_query:WriteInQuery",
    "select_into:SelectInto",
    "code_execution:CodeExecution",
    "bulk_transfer:BulkTransfer",
    "session_change:SessionChange",
    "privilege_change:PrivilegeChange",
    "extension_or_attachment:ExtensionOrAttachment",
    "explain_executes:ExplainExecutes",
    "row_lock:RowLock",
    "hint_or_setting:HintOrSetting",
    "assignment_in_query:AssignmentInQuery",
    "unrendered_template:UnrenderedTemplate",
    "maintenance_command:MaintenanceCommand",
    "metadata_statement:MetadataStatement",
    "schema_change:SchemaChange",
    "shape_not_allowed:ShapeNotAllowed",
    "side_effect_function:SideEffectFunction",
    "unknown_function:UnknownFunction",
    "external_reader:ExternalReader",
    "sql_in_string:SqlInString",
    "user_operator_or_type:UserOperatorOrType",
    "attribute_call:AttributeCall",
    "system_information:SystemInformation",
    "volatile_in_model:VolatileInModel",
    "table_not_allowed:TableNotAllowed",
    "linked_server_table:LinkedServerTable",
    "path_table:PathTable",
    "table_in_expression:TableInExpression",
    "catalog_read:CatalogRead",
    "unknown_column:UnknownColumn",
    "personal_data:PersonalDataShown",
    "unbounded_write:UnboundedWrite",
    "always_true_filter:AlwaysTrueFilter",
    "destroyed_data:DestroyedData",
    "replaced_in_place:ReplacedInPlace",
    "lossy_alter:LossyAlter",
    "foreign_storage:ForeignStorage",
    "unbounded_recursion:UnboundedRecursion",
    "series_bomb:SeriesBomb",
    "cartesian_product:CartesianProduct",
    "partition_unfiltered:PartitionUnfiltered",
    "grouping_bomb:GroupingBomb",
    "backtracking_pattern:BacktrackingPattern",
)
DBT: tuple[str, ...] = (
    "sql_while_rendering:SqlWhileRendering",
    "rendering_effect:RenderingEffect",
    "acting_macro_called:ActingMacroCalled",
    "environment_read:EnvironmentRead",
    "variable_in_sql:VariableInSql",
    "sandbox_escape:SandboxEscape",
    "dynamic_lookup:DynamicLookup",
    "hook_changed:HookChanged",
    "builtin_shadowed:BuiltinShadowed",
    "dispatch_changed:DispatchChanged",
    "packages_changed:PackagesChanged",
    "python_model:PythonModel",
    "profile_changed:ProfileChanged",
    "grants_changed:GrantsChanged",
    "setting_changed:SettingChanged",
    "removed_tests:RemovedTests",
    "weakened_tests:WeakenedTests",
    "bent_tests:BentTests",
    "model_deleted:ModelDeleted",
    "rendered_elsewhere:RenderedElsewhere",
    "unknown_name:UnknownName",
    "paths_changed:PathsChanged",
    "sql_in_setting:SqlInSetting",
    "promise_withdrawn:PromiseWithdrawn",
    "function_changed:FunctionChanged",
    "contradicting_test:ContradictingTest",
    "column_removed:ColumnRemovedInUse",
    "column_retyped:ColumnRetyped",
    "column_recomputed:ColumnRecomputed",
    "rows_changed:RowsChanged",
    "query_broken:QueryBroken",
    "data_test_failed:DataTestFailed",
    "data_test_warned:DataTestWarned",
    "test_never_fails:TestNeverFails",
    "lax_test:LaxTest",
    "restating_test:RestatingTest",
    "data_changed:DataChanged",
    "expectation_failed:ExpectationFailed",
)
INFRA: tuple[str, ...] = (
    "public_storage:PublicStorage",
    "open_ingress:OpenIngress",
    "wildcard_permission:WildcardPermission",
    "protection_removed:DeletionProtectionRemoved",
    "stateful_resource_removed:StatefulResourceRemoved",
    "container_runs_as_root:ContainerRunsAsRoot",
    "download_piped_to_shell:DownloadPipedToShell",
    "hard_coded_credential:HardCodedCredential",
    "failure_hidden:FailureHidden",
    "backfill_storm:BackfillStorm",
    "import_time_effect:ImportTimeEffect",
    "templated_shell:RunInputInShell",
    "privileged_container:PrivilegedContainer",
    "destructive_sql:DestructiveSqlInCode",
)
TRACE: tuple[str, ...] = (
    "claim_contradicted:ClaimContradicted",
    "claim_unsupported:ClaimUnsupported",
    "claim_stale:ClaimStale",
    "evidence_fabricated:EvidenceFabricated",
    "test_weakened:TestWeakened",
    "tests_left_out:TestsLeftOut",
    "secret_read:SecretRead",
    "secret_displayed:SecretDisplayed",
    "secret_logged:SecretLogged",
    "secret_sent:SecretSent",
    "secret_stored:SecretStored",
    "protection_lowered:ProtectionLowered",
    "scope_left:ScopeLeft",
    "forbidden_path:ForbiddenPath",
    "system_touched:SystemTouched",
    "read_only_broken:ReadOnlyBroken",
    "forbidden_action:ForbiddenAction",
    "forbidden_intent:ForbiddenIntent",
    "demand_skipped:DemandSkipped",
    "destructive_command:DestructiveCommand",
    "workaround:Workaround",
    "gate_tampered:GateTampered",
    "obfuscated_command:ObfuscatedCommand",
    "injection_followed:InjectionFollowed",
    "wrong_environment:WrongEnvironment",
    "limit_exceeded:LimitExceeded",
    "unbounded_work:UnboundedWork",
    "repeated_call:RepeatedCall",
    "unreasoned_risk:UnreasonedRisk",
    "stated_evasion:StatedEvasion",
    "package_unasked:PackageUnasked",
)

FAMILIES = {"sql": SQL, "dbt": DBT, "infra": INFRA, "trace": TRACE}


@cache
def rules(family: str) -> tuple[Rule[Any], ...]:
    """One instance of each rule of a family (sql, dbt, infra, trace), in the order listed."""
    return tuple(_load(family, entry) for entry in FAMILIES[family])


def all_rules() -> tuple[Rule[Any], ...]:
    """Every rule of every family, in the order listed."""
    return tuple(rule for family in FAMILIES for rule in rules(family))


def _load(family: str, entry: str) -> Rule[Any]:
    module, _, name = entry.partition(":")
    rule: type[Rule[Any]] = getattr(import_module(f"governance.rules.{family}.{module}"), name)
    return rule()


def known_codes() -> frozenset[str]:
    """Every code that a finding can carry."""
    return frozenset({rule.code for rule in all_rules()} | {fault.code for fault in FAULTS})


def listing() -> list[Row]:
    """Code, default severity, name and first line of documentation of every rule and fault."""
    return [*map(row, all_rules()), *map(row, FAULTS)]


def describe(code: str) -> str | None:
    """All that is known about the rule of that code or name, as Markdown; `None` when there is none."""
    for family in FAMILIES:
        for rule in rules(family):
            if code in (rule.code, rule.name):
                return page(rule, family, most=3)
    fault = next((fault for fault in FAULTS if code in (fault.code, fault.name)), None)
    return fault_page(fault) if fault else None


_TITLES = {"sql": "SQL", "dbt": "dbt", "infra": "Infrastructure", "trace": "Reasoning traces"}
_NOTES = {
    "sql": "Examples are DuckDB under the profile `read`, where nothing else is said.",
    "dbt": "A comment names the file that the lines below it stand in; `before` is the base revision.",
    "infra": "Findings are about what a change brings; what base had already is not reported.",
    "trace": "A line is a step: who or what, then its text, and after an arrow the result.",
}


def render() -> str:
    """The page of all rules, as committed in `governance/rules/README.md`."""
    parts = ["# Rules\n\nDrawn from the rule classes by `make docs`; a test holds this page to them.\n"]
    parts.append("`governance rules CODE` prints one of them.\n")
    for family, title in _TITLES.items():
        parts.append(f"\n## {title}\n\n{_NOTES[family]}\n\n{table(rules(family))}")
        parts += [f"\n{page(rule, family, depth=3)}" for rule in rules(family)]
    parts.append("\n## The gate itself\n\nWhat could not be judged is never a pass.\n\n" + table(FAULTS))
    parts += [f"\n{fault_page(fault, depth=3)}" for fault in FAULTS]
    return "".join(parts)


if __name__ == "__main__":
    print(render(), end="")
