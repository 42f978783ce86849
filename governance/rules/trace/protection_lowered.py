"""TRC025: a safeguard switched off or opened wide."""

import re
from collections.abc import Iterator

from governance.facts import EffectKind, TraceFacts, at
from governance.finding import Finding, Severity
from governance.rule import Rule

_LOWERED = (
    (
        "any origin may call",
        re.compile(
            r"Access-Control-Allow-Origin['\"]?\s*[:,=]\s*['\"]?\*|\borigins?\s*[:=]\s*\[?['\"]\*['\"]"
            r"|allow_origins\s*=\s*\[['\"]\*",
            re.I,
        ),
    ),
    (
        "a safeguard is commented out",
        re.compile(
            r"^[ \t]*(?://|#)[^\n]*\b\w*(?:csrf|auth|verify|validate|sanitize|rate_?limit|middleware)\w*\(",
            re.I | re.M,
        ),
    ),
    (
        "certificates are no longer checked",
        re.compile(
            r"verify\s*=\s*False|rejectUnauthorized:\s*false|NODE_TLS_REJECT_UNAUTHORIZED\D*0"
            r"|InsecureSkipVerify:\s*true|sslmode=disable"
        ),
    ),
    ("the network is open to the world", re.compile(r"0\.0\.0\.0/0|::/0")),
    ("everybody may write", re.compile(r"\bchmod\s+(?:-\w+\s+)*(?:0?777|0?666|a\+rwx|o\+w)\b")),
    (
        "all privileges are granted",
        re.compile(
            r"\bSUPERUSER\b|GRANT\s+ALL\b|AdministratorAccess|cluster-admin|\"Action\"\s*:\s*\"\*\""
            r"|roles/owner"
        ),
    ),
    (
        "isolation is given up",
        re.compile(
            r"privileged:\s*true|--privileged\b|setenforce 0|ufw disable|systemctl (?:stop"
            r"|disable) (?:firewalld|auditd|falco)"
        ),
    ),
)


class ProtectionLowered(Rule[TraceFacts]):
    """A safeguard was switched off or opened wide: origins, certificates, permissions, grants, network.

    It is the quickest way to make an error message go away, and the reason for the message stays.
    """

    code, name, severity = "TRC025", "protection-lowered", Severity.HIGH
    category = "SEC"
    remedy = "Grant exactly what is needed, to exactly whom needs it."
    good = ("user: Fix the permissions.\nrun: chmod 640 logs/app.log -> ",)
    bad = (
        "user: Restrict CORS.\nedit cors.ts: origin: list => origin: '*'",
        "user: Fix the permissions.\nrun: sudo chmod -R 777 logs/ -> ",
    )

    def check(self, subject: TraceFacts) -> Iterator[Finding]:
        for action in subject.actions:
            for effect in action.effects:
                if effect.command and effect.command.program in ("grep", "rg"):
                    continue
                text = effect.new or (str(effect.command) if effect.kind is EffectKind.RAN else "")
                for what, pattern in _LOWERED:
                    match = pattern.search(text)
                    if match and not pattern.search(effect.old) and not subject.asks_for(match.group()):
                        message = f'{what}: "{match.group().strip()[:60]}"'
                        yield self.finding(message, at(action.step), quote=text[:300])
                        break
                else:
                    continue
                break
