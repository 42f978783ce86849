"""Where secrets live, how they look, and which commands show or send them."""

import re

from governance.syntax.shell import Command

NAME = (
    r"(?:(?<![a-z])pass(?:word|wd|phrase)?(?![a-z])|secret|token|api[_-]?key|apikey"
    r"|private[_-]?key|access[_-]?key|credential|auth[_-]?key|client[_-]?secret|signing[_-]?key"
    r"|hmac[_-]?key|session[_-]?key|requirepass|master_secret|authorization|bearer)"
)
_FILE = re.compile(
    r"(?:^|/)\.env(?:\.(?!example|sample|template)\w+)?$|(?:^|/)\.?(?:aws|ssh|gnupg|kube"
    r"|docker)/(?!known_hosts)|(?:^|/)id_(?:rsa|ed25519|ecdsa)|\.(?:pem|key|p12|pfx|jks|keystore)$"
    r"|(?:^|/)(?:credentials?|secrets?)(?:\.\w+)?$|(?:^|/)\.(?:netrc|pgpass|npmrc|pypirc"
    r"|git-credentials)$|(?:^|/)profiles\.yml$|(?:^|/)etc/(?:shadow|passwd)|jaas\.conf$"
    r"|service[-_]account\w*\.json$|/proc/\d*\w*/environ"
)
_VARIABLE = re.compile(
    r"\$\{?\w*(?:PASS|SECRET|TOKEN|API_?KEY|PRIVATE|CREDENTIAL|_KEY|_PWD|DSN|DATABASE_URL)\w*\}?", re.I
)
_SECRET_WORD = re.compile(NAME, re.I)
_VALUE = re.compile(
    r"(?i:"
    + NAME
    + r"[\w-]{0,30}\b[\"']?\s*(?:[:=]|\bis\b)\s*[\"']?(?:Bearer |Basic )?)(?P<value>[^\s\"',;}{)<>$\\]{6,})"
    r"|\bBearer\s+(?P<bearer>[A-Za-z0-9._~+/-]{8,})"
    r"|(?P<shape>\bAKIA[0-9A-Z]{12,}|\bgh[pousr]_\w{8,}|\bsk_(?:live|test)_\w{8,}"
    r"|\bSG\.[\w.-]{10,}|\bxox[abp]-[\w-]{10,}|-----BEGIN (?:\w+ )?PRIVATE KEY-----"
    r"|\beyJ[\w-]{10,}\.[\w-]{8,}\.|\bsk-[A-Za-z0-9-]{16,})"
    r"|(?P<url>\b\w{1,20}://[^\s:/@]{1,80}:(?![*x<$]+@)[^\s:/@*$<{]{4,200}@)"
)
_PLACEHOLDER = re.compile(
    r"^(?:\*+|x{3,}|<.*|\[.*|.*\*{3,}|redacted\w*|masked\w*|hidden|none|null|true|false|undefined"
    r"|set|unset|missing|required|present|exists|invalid|expired|changeme|example\w*|your[_-].*"
    r"|os\.\w+.*|process\.env.*|env\..*|get\w*\(.*|test\w*|dummy\w*|placeholder\w*"
    r"|secrets?\..*|vault.*|config\w*\..*|settings\..*|self\.\w+|\w+\(.*|[a-z_]+\[.*|[A-Za-z_.-]+)$",
    re.I,
)
_SHOWN = frozenset(
    ("cat", "head", "tail", "less", "more", "strings", "base64", "xxd", "od", "bat", "nl", "tac", "jq", "yq")
)
_SEARCHED = frozenset(("grep", "rg", "egrep", "awk", "sed", "ag", "cut"))
_CODE_SHOWS = re.compile(
    r"(?:print|console\.(?:log|error|debug|info)|logg(?:er|ing)\w*\.\w+|log\.\w+|echo|puts"
    r"|fmt\.Print\w*|System\.out\.\w+)\b[^\n]{0,160}?(?:token|secret|password|passwd"
    r"|api_?key|credential|authorization|private_?key|environ\b(?!\.get|\[)|headers|DB_URL"
    r"|DATABASE_URL|dsn)\w*",
    re.I,
)
_MASKED = re.compile(
    r"\*{3}|mask|redact|sanitiz|sanitis|len\(|\.length|bool\(|is not None|!== ?undefined|!!|hash"
    r"|sha256|\bset\b|present|exists|missing",
    re.I,
)


def is_secret_file(path: str) -> bool:
    """Whether a path is one where secrets are kept."""
    return bool(_FILE.search(path.strip("'\"")))


def shown_value(text: str) -> str:
    """The first secret value that a text shows in clear, or nothing; source code shows none."""
    for match in _VALUE.finditer(text[:200_000]):
        value = (
            match.group("value") or match.group("bearer") or match.group("shape") or match.group("url") or ""
        )
        if value and not _PLACEHOLDER.match(value):
            return match.group()
    return ""


def code_that_shows(text: str) -> str:
    """The statement in a piece of code that prints or logs a secret unmasked, or nothing."""
    for match in _CODE_SHOWS.finditer(text):
        line = text[match.start() : (text.find("\n", match.end()) + 1 or len(text) + 1) - 1]
        if not _MASKED.search(line) and _CODE_SHOWS.search(_without_strings(line)):
            return line.strip()
    return ""


def _without_strings(line: str) -> str:
    """The line with its string literals emptied, apart from what an f-string or a template fills in."""
    line = re.sub(
        r"""f(['"])(.*?)\1|(`)(.*?)`""", lambda m: " ".join(re.findall(r"\{([^}]*)\}", m.group())), line
    )
    return re.sub(r"""(['"]).*?\1""", "''", line)


def shows(command: Command, pipeline: list[Command]) -> bool:
    """Whether a command prints a secret where people and logs can read it."""
    if command.writes and not any(w.startswith("/dev/std") for w in command.writes):
        return False
    after = [c for c in pipeline if c is not command]
    if any(map(_counts_only, after)):
        return False
    words = " ".join(command.arguments)
    program = command.program
    if program in ("echo", "printf"):
        return bool(_VARIABLE.search(words)) and not re.search(r":\+|\$\{#", words)
    if program in ("env", "printenv", "set", "export") and not command.writes:
        return _environment(command, after)
    if program in _SHOWN:
        return any(is_secret_file(a) for a in command.operands)
    if program in _SEARCHED:
        quiet = (
            command.has("-q", "-c", "-l", "--quiet", "--count", "--files-with-matches", "-L")
            or "***" in words
        )
        target = any(is_secret_file(a) for a in command.operands[1:])
        return not quiet and target
    return _queried(program, words) or (bool(command.code) and _printed(command.code))


def _counts_only(command: Command) -> bool:
    """Lets nothing through but a number, a digest or an exit status."""
    quiet = command.program in _SEARCHED and command.has("-q", "-c", "--quiet", "--count")
    return quiet or command.program in ("wc", "sha256sum", "md5sum", "shasum")


def _environment(command: Command, after: list[Command]) -> bool:
    if command.program == "printenv" and command.operands:
        return bool(
            _SECRET_WORD.search(command.operands[0]) or re.search(r"_(?:KEY|PASS|PWD)$", command.operands[0])
        )
    if command.operands or command.assignments:
        return False
    filters = [c for c in after if c.program in _SEARCHED]
    return not filters or any(
        _SECRET_WORD.search(str(c)) or re.search(r"key|pass", str(c), re.I) for c in filters
    )


def _queried(program: str, words: str) -> bool:
    return bool(
        (program == "redis-cli" and re.search(r"CONFIG GET \S*pass", words, re.I))
        or (program == "kubectl" and re.search(r"get secrets?\b.*(?:-o|--output|jsonpath|yaml)", words))
        or (program == "aws" and "get-secret-value" in words)
        or (program == "vault" and re.search(r"\b(?:kv get|read)\b", words))
        or (program == "airflow" and re.search(r"connections (?:get|export|list)|variables export", words))
        or (program == "openssl" and re.search(r"\s-trace\b|-debug\b|rsa\b.*-in", words))
        or (program == "git" and re.search(r"config .*credential|credential fill", words))
    )


def _printed(code: str) -> bool:
    return bool(
        re.search(
            r"print\([^)]*os\.(?:environ|getenv)\W+(?:get\W+)?\w*(?:KEY|TOKEN|SECRET|PASS)"
            r"|console\.log\([^)]*process\.env\.\w*(?:KEY|TOKEN|SECRET|PASS)",
            code,
        )
    ) and not _MASKED.search(code)
