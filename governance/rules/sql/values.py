"""What a value's form tells of it: that it is there, how small it can be, what it is in disguise."""

from sqlglot import exp

from governance.rules.sql.coverage import definition, target

# Keys and the columns that engines add to every table: they are never null.
_ALWAYS_THERE = {
    *("id", "pk", "_id", "uuid", "guid", "rowid", "_rowid_", "oid", "rownum", "ctid", "tableoid", "xmin"),
    *("cmin", "xmax", "cmax", "ora_rowscn", "_partitiontime", "_partitiondate", "_table_suffix", "_part"),
    *("_partition_id", "_part_index", "_file_name", "file_path", "file_name", "$path", "$file_size"),
    *("$file_modified_time", "$partition", "_change_type", "rid", "_rowid"),
}
_COUNTED = {"rowid": 1.0, "_rowid_": 1.0, "rownum": 1.0}
_NOT_NEGATIVE = (
    *(
        exp.Length,
        exp.ByteLength,
        exp.BitLength,
        exp.Abs,
        exp.Count,
        exp.CountIf,
        exp.StrPosition,
        exp.ArraySize,
    ),
    *(exp.Levenshtein, exp.Year, exp.Ascii, exp.Unicode),
)
_NOT_NEGATIVE_NAMES = {
    *("octet_length", "datalength", "lengthb", "lengthc", "bit_count", "num_nulls", "num_nonnulls", "crc32"),
    *("cardinality", "json_array_length", "jsonb_array_length", "patindex", "find_in_set", "field", "dump"),
    *("touint8", "touint16", "touint32", "touint64", "cityhash64", "siphash64", "lengthutf8", "ora_hash"),
    *("positioncaseinsensitive", "regexp_count", "vsize", "locate"),
}
_MAKES_A_VALUE = (
    *(exp.Array, exp.Struct, exp.JSONObject, exp.JSONArray, exp.ConcatWs, exp.Typeof, exp.Count, exp.Rand),
    *(
        exp.CurrentDate,
        exp.CurrentTimestamp,
        exp.CurrentTime,
        exp.CurrentUser,
        exp.Uuid,
        exp.Literal,
        exp.Boolean,
    ),
)
_MAKES_A_VALUE_NAMES = {
    *(
        "jsonb_build_object",
        "json_build_object",
        "jsonb_build_array",
        "json_build_array",
        "to_jsonb",
        "random",
    ),
    *("num_nulls", "num_nonnulls", "format", "row", "quote", "totypename", "concat_ws", "sys_guid", "newid"),
}
# The result is there when the argument is.
_PASSES_ON = (
    exp.MD5,
    exp.SHA,
    exp.SHA2,
    exp.Lower,
    exp.Upper,
    exp.Length,
    exp.Abs,
    exp.Paren,
    exp.Neg,
    exp.Hex,
)

_GIVES_BACK = ("likely", "unlikely", "likelihood", "identity", "materialize")


def never_null(node: exp.Expr) -> bool:
    """Whether an expression always has a value."""
    node = node.unnest()
    if isinstance(node, exp.Column):
        return node.name.lower() in _ALWAYS_THERE
    if isinstance(node, exp.Coalesce):
        return any(never_null(part) for part in (node.this, *node.expressions))
    if isinstance(node, _PASSES_ON) or (isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast)):
        return isinstance(node.this, exp.Expr) and never_null(node.this)
    return isinstance(node, _MAKES_A_VALUE) or _name(node) in _MAKES_A_VALUE_NAMES


def least(node: exp.Expr) -> float | None:
    """The smallest number that an expression can be; `None` when its form does not tell.

    Lengths, counts and positions are whole numbers from 0, the numbers of rows from 1.
    """
    if isinstance(node, exp.Column):
        counted = _COUNTED.get(node.name.lower())
        return counted if counted is not None else _numbered(node)
    if isinstance(node, exp.Coalesce):
        parts = [
            least(part) if not isinstance(part, exp.Literal) else _constant(part) for part in _args(node)
        ]
        return None if None in parts else min(part for part in parts if part is not None)
    if isinstance(node, _NOT_NEGATIVE) or _name(node) in _NOT_NEGATIVE_NAMES:
        return 0.0
    return None


def plain(node: exp.Expr) -> exp.Expr:
    """An expression without what leaves its value as it is: `(x)`, `x::text`, `coalesce(x, x)`, `x || ''`."""
    while True:
        inner = _within(node)
        if inner is None:
            return node
        node = inner


def _within(node: exp.Expr) -> exp.Expr | None:
    if isinstance(node, (exp.Coalesce, exp.Greatest, exp.Least)):
        parts = [plain(part) for part in _args(node)]
        chosen = len(set(parts)) == 1 or (isinstance(node, exp.Coalesce) and parts and never_null(parts[0]))
        return parts[0] if chosen else None
    if isinstance(node, (exp.Paren, exp.Cast)) or _adds_nothing(node):
        return node.this if isinstance(node.this, exp.Expr) else None
    lone = isinstance(node, (exp.Array, exp.Tuple)) or _name(node) in _GIVES_BACK
    return node.expressions[0] if lone and len(node.expressions) == 1 else None


def _adds_nothing(node: exp.Expr) -> bool:
    right = node.args.get("expression")
    if isinstance(node, (exp.Add, exp.Sub)):
        return _constant(right) == 0.0
    if isinstance(node, (exp.Mul, exp.Div)):
        return _constant(right) == 1.0
    return isinstance(node, exp.DPipe) and isinstance(right, exp.Literal) and not right.name


def _args(node: exp.Func) -> list[exp.Expr]:
    return [part for part in (node.this, *node.expressions) if isinstance(part, exp.Expr)]


def _name(node: exp.Expr) -> str:
    return node.name.lower() if isinstance(node, exp.Anonymous) else ""


def _constant(node: object) -> float | None:
    if not isinstance(node, exp.Literal) or node.is_string:
        return None
    try:
        return float(node.name)
    except ValueError:
        return None


def _numbered(column: exp.Column) -> float | None:
    """1 when a column numbers the rows of the query that a change is made through."""
    table = target(column)
    query = definition(table) if table is not None else None
    for output in query.selects if query is not None else ():
        window = output.unalias()
        if output.alias_or_name.lower() == column.name.lower() and isinstance(window, exp.Window):
            numbers = isinstance(window.this, (exp.RowNumber, exp.Rank, exp.DenseRank, exp.Ntile))
            return 1.0 if numbers else None
    return None
