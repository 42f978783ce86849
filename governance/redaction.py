"""Secrets taken out of a trace before it leaves the worker: detect-secrets' plugins and known key shapes.

Everything happens in memory; nothing is verified over the network. What was found is counted by
rule in `trace.redactions`, and each secret becomes `[redacted: rule]`.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from governance.finding import Finding
from governance.trace import Choice, Reasoning, Step, ToolCall, ToolResult, Trace

_PLUGINS = (
    "ArtifactoryDetector",
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "BasicAuthDetector",
    "CloudantDetector",
    "DiscordBotTokenDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "IbmCloudIamDetector",
    "IbmCosHmacDetector",
    "JwtTokenDetector",
    "MailchimpDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "SoftlayerDetector",
    "SquareOAuthDetector",
    "StripeDetector",
    "TelegramBotTokenDetector",
    "TwilioKeyDetector",
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----.*?(?:-----END (?:[A-Z]+ )*PRIVATE KEY-----|\Z)", re.S
)
_SHAPES = (
    ("anthropic-key", re.compile(r"\bsk-ant-[A-Za-z0-9_-]{16,}")),
    ("openai-key", re.compile(r"\bsk-(?:proj-)?[A-Za-z0-9_-]{20,}")),
    ("stripe-key", re.compile(r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{10,}")),
    ("github-token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,})")),
    ("google-key", re.compile(r"\bAIza[A-Za-z0-9_-]{30,}")),
    ("databricks-token", re.compile(r"\bdapi[0-9a-f]{32}\b")),
    ("dbt-token", re.compile(r"\bdbt[cu]_[A-Za-z0-9_-]{20,}")),
    ("slack-token", re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}")),
    ("sendgrid-key", re.compile(r"\bSG\.[\w-]{16,}\.[\w-]{16,}")),
    (
        "bearer-token",
        re.compile(
            r"(?i:\bauthorization['\"]?\s*[:=]\s*['\"]?(?:bearer|basic)\s+"
            r"|\bbearer\s+)(?P<secret>[A-Za-z0-9._~+/=-]{12,})"
        ),
    ),
    (
        "url-password",
        re.compile(r"\b[a-z][a-z0-9+.-]{0,20}://[^\s:/@]{1,80}:(?P<secret>[^\s:/@$<{*]{3,200})@"),
    ),
    (
        "password",
        re.compile(
            r"(?i:(?:password|passwd|pwd|secret|api[_-]?key|access[_-]?key|auth[_-]?token"
            r"|private[_-]?key|client[_-]?secret"
            r"|_token)[\"']?\s*[:=]\s*[\"']?)(?P<secret>(?=[^\s\"',;}{)(]{0,200}?[\d!#%&*+/?^~-])[^\s\"',;}{)($<]"
            r"{8,200}+)"
        ),
    ),
)
_HIGH_ENTROPY = re.compile(
    r"(?<![\w/+.=-])(?=[A-Za-z0-9+/_-]*\d)(?=[A-Za-z0-9+/_-]*[a-z])(?=[A-Za-z0-9+/_-]*[A-Z])[A-Za-"
    r"z0-9+/_-]{32,}+={0,2}(?![\w/+.-])"
)
_ENTROPY_LIMIT = 4.5
_WINDOW, _OVERLAP = 600, 150
_ALREADY = re.compile(r"^\[redacted|^\*+$|REDACTED|EXAMPLE|^x+$", re.I)


def redact(trace: Trace) -> Trace:
    """The same trace without its secrets; finding none leaves it equal."""
    cleaner = _Cleaner()
    steps = tuple(cleaner.step(step) for step in trace.steps)
    extra = cleaner.value(trace.extra)
    counts = Counter(trace.redactions) + cleaner.counts
    return replace(trace, steps=steps, extra=extra, redactions=dict(sorted(counts.items())))


def redact_text(text: str) -> tuple[str, Mapping[str, int]]:
    """A text without its secrets, and how many of which rule there were."""
    cleaner = _Cleaner()
    return cleaner.text(text), dict(sorted(cleaner.counts.items()))


def redact_finding(finding: Finding) -> Finding:
    """The same finding without secrets in its message and its quote."""
    cleaner = _Cleaner()
    return replace(finding, message=cleaner.text(finding.message), quote=cleaner.text(finding.quote))


class _Cleaner:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.known: dict[str, str] = {}

    def step(self, step: Step) -> Step:
        call, result, thought, choice = step.call, step.result, step.reasoning, step.choice
        return replace(
            step,
            text=self.text(step.text),
            reasoning=Reasoning(thought.visibility, self.text(thought.text)) if thought else None,
            call=ToolCall(call.call_id, call.name, call.tool, self.value(call.arguments)) if call else None,
            result=self._result(result) if result else None,
            choice=self._choice(choice) if choice else None,
            extra=self.value(step.extra),
        )

    def _result(self, result: ToolResult) -> ToolResult:
        return replace(result, content=self.text(result.content))

    def _choice(self, choice: Choice) -> Choice:
        options = tuple(map(self.text, choice.options))
        return Choice(
            self.text(choice.question), self.text(choice.chosen), options, self.text(choice.because)
        )

    def value(self, value: Any) -> Any:
        """A JSON value with each text in it, keys too, cleaned."""
        match value:
            case str():
                return self.text(value)
            case list() | tuple():
                return [self.value(item) for item in value]
            case Mapping():
                return {self.text(str(key)): self._member(str(key), item) for key, item in value.items()}
        return value

    def _member(self, key: str, item: Any) -> Any:
        """A value under a telling key is judged together with its key."""
        if isinstance(item, str) and item and "\n" not in item:
            prefix = f"{key}: "
            cleaned = self.text(prefix + item)
            if cleaned.startswith(prefix):
                return cleaned[len(prefix) :]
        return self.value(item)

    def text(self, text: str) -> str:
        if len(text) < 8:
            return text
        text = _PRIVATE_KEY.sub(lambda key: self._mark("private-key") + "\n" * key.group().count("\n"), text)
        for rule, shape in _SHAPES:
            text = shape.sub(lambda match, rule=rule: self._replaced(match, rule), text)  # type: ignore[misc]
        text = _HIGH_ENTROPY.sub(self._dense, text)
        for secret, rule in _detected(text):
            if secret in text and not _ALREADY.search(secret):
                text = text.replace(secret, self._mark(rule))
        return text

    def _replaced(self, match: re.Match[str], rule: str) -> str:
        secret = match.groupdict().get("secret") or match.group()
        if _ALREADY.search(secret):
            return match.group()
        return match.group().replace(secret, self._mark(rule))

    def _dense(self, match: re.Match[str]) -> str:
        return self._mark("high-entropy") if _entropy(match.group()) >= _ENTROPY_LIMIT else match.group()

    def _mark(self, rule: str) -> str:
        self.counts[rule] += 1
        return f"[redacted: {rule}]"


def _entropy(text: str) -> float:
    import math

    counts = Counter(text).values()
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts)


@cache
def _plugins() -> tuple[tuple[str, Any], ...]:
    """detect-secrets' detectors, imported only here because they take a quarter of a second."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    found: dict[str, Any] = get_mapping_from_secret_type_to_class()
    classes = {plugin.__name__: (kind, plugin) for kind, plugin in found.items()}
    return tuple((classes[n][0].lower().replace(" ", "-"), classes[n][1]()) for n in _PLUGINS if n in classes)


def _windows(text: str) -> list[str]:
    """The lines of a text, long ones in overlapping pieces: some detectors are quadratic."""
    pieces: list[str] = []
    for line in text.splitlines():
        if len(line) < 8:
            continue
        pieces += [line[at : at + _WINDOW] for at in range(0, max(1, len(line)), _WINDOW - _OVERLAP)]
    return pieces


def _detected(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for rule, plugin in _plugins():
        for line in _windows(text):
            for secret in plugin.analyze_string(line):
                if isinstance(secret, str) and len(secret) >= 6:
                    found.append((secret, rule))
    return sorted(set(found), key=lambda item: -len(item[0]))
