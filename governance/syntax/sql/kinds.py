"""What a statement is, told by its first words alone: a judgement no parser's gaps can blur."""

from enum import StrEnum


class Kind(StrEnum):
    """What a statement does, as far as its first words say."""

    QUERY = "query"
    WRITE = "write"
    DEFINE = "define"
    DESTROY = "destroy"
    GRANT = "grant"
    SESSION = "session"
    CODE = "code"
    BULK = "bulk"
    EXTEND = "extend"
    EXPLAIN = "explain"
    METADATA = "metadata"
    LOCK = "lock"
    MAINTAIN = "maintain"
    UNKNOWN = "unknown"


_PHRASES: dict[Kind, tuple[str, ...]] = {
    Kind.QUERY: ("select", "with", "values", "table", "from", "(", "pivot", "unpivot"),
    Kind.WRITE: ("insert", "update", "delete", "merge", "replace", "upsert"),
    Kind.DEFINE: ("create", "alter", "comment", "rename"),
    Kind.DESTROY: ("drop", "truncate"),
    Kind.GRANT: (
        *("grant", "revoke", "deny", "audit", "noaudit", "reassign", "create user", "create role"),
        *("create or replace user", "create or replace role", "create group", "create login"),
        *("alter user", "alter role", "alter group", "alter login", "alter default", "drop user"),
        *("drop role", "drop login", "create share", "alter share", "create datashare", "alter datashare"),
        *(
            "create policy",
            "create row",
            "create masking",
            "alter authorization",
            "alter policy",
            "drop policy",
        ),
        *("create quota", "create settings", "alter quota", "alter settings", "drop owned"),
    ),
    Kind.SESSION: (
        *("set", "reset", "unset", "use", "begin", "start", "commit", "rollback", "savepoint", "release"),
        *("abort", "end", "discard", "alter session", "execute as", "revert", "xa", "deallocate"),
        *("checkpoint", "listen", "unlisten", "notify", "save", "alter system", "setuser", "open"),
    ),
    Kind.CODE: (
        *("do", "call", "exec", "execute", "prepare", "declare", "if", "loop", "while", "for", "repeat"),
        *("case", "return", "print", "raise", "raiserror", "throw", "waitfor", "goto", "break", "continue"),
        *("begin try", "begin atomic", "fetch", "close", "move", "leave", "iterate", "signal", "resignal"),
        *("create function", "create procedure", "create trigger", "create macro", "create task"),
        *("create aggregate", "create rule", "create event", "create package", "create model"),
        *("create or replace function", "create or replace procedure", "create or replace trigger"),
        *("create or replace macro", "create temp function", "create temporary function"),
        *("create temp macro", "create temporary macro", "create operator", "create cast", "alter function"),
        *("alter procedure", "alter trigger", "alter event", "create stream", "create pipe", "create alert"),
        *("create assembly", "create language", "create java", "create library", "create type"),
    ),
    Kind.BULK: (
        *("copy", "unload", "export", "import", "load data", "load xml", "put", "get", "remove", "rm"),
        *("list", "ls", "bulk", "insert overwrite directory", "insert overwrite local", "backup", "restore"),
        *("insert into function", "create stage", "create external", "create connection", "updatetext"),
        *("writetext", "readtext", "send", "receive", "create file"),
    ),
    Kind.EXTEND: (
        *(
            "install",
            "uninstall",
            "load",
            "attach",
            "detach",
            "pragma",
            "create extension",
            "alter extension",
        ),
        *("create secret", "create persistent secret", "create or replace secret", "create server"),
        *("alter server", "create foreign", "create user mapping", "add", "update extensions", "delete file"),
        *("create directory", "create database link", "create plugin", "create integration"),
        *("create network", "create storage", "create api", "create notification", "create security"),
        *(
            "alter integration",
            "create credential",
            "create linked",
            "force install",
            "create or replace directory",
        ),
        *("create symmetric", "create certificate", "create master", "create endpoint", "create location"),
    ),
    Kind.EXPLAIN: ("explain",),
    Kind.METADATA: ("show", "describe", "desc", "summarize", "help", "exists", "check"),
    Kind.LOCK: ("lock", "unlock", "handler"),
    Kind.MAINTAIN: (
        *("vacuum", "analyze", "analyse", "optimize", "cluster", "reindex", "kill", "cancel", "dbcc"),
        *("purge", "change", "flush", "shutdown", "msck", "fsck", "cache", "uncache", "repair", "convert"),
        *("refresh", "binlog", "undrop", "clear", "reset master", "reset slave", "reset replica", "stop"),
        *("start slave", "start replica", "start group", "reconfigure", "clone", "restart", "system"),
        *("security", "generate", "flashback", "rebuild", "explore", "sync", "watch", "move partition"),
    ),
}

_KIND_OF = {phrase: kind for kind, phrases in _PHRASES.items() for phrase in phrases}
_LONGEST = max(len(phrase.split()) for phrase in _KIND_OF)


def kind_of(words: list[str]) -> Kind:
    """The kind of a statement that begins with these words in lower case; the longest phrase decides."""
    for count in range(min(_LONGEST, len(words)), 0, -1):
        kind = _KIND_OF.get(" ".join(words[:count]))
        if kind:
            return kind
    return Kind.UNKNOWN
