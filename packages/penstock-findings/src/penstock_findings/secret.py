"""Hold a value that must not be told, and take it out of text that is about to be.

Takes:   a value, and the reference that it came from, which may be told.
Gives:   `Secret`, which shows itself to nobody who does not ask for it by `reveal`; `redacted`, `conceal`.
Why so:  every secret that is alive in the process is known here, so that each door by which text leaves asks once
         (reports, logs, failures of nodes), and nobody has to carry a list of secrets to it.
Ignores: where secrets come from.  What a program reveals and then writes somewhere of its own accord is not seen.
"""

from __future__ import annotations

from _weakrefset import WeakSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, NoReturn

    from penstock_findings.finding import JSON
    from penstock_findings.report import Report

SHORTEST = 4  # characters; what is shorter protects nothing, and stands everywhere
_LINE = 12  # characters of a line of a longer secret that is looked for by itself


class Secret:
    """A value that is handed out by `reveal` and in no other way.

    It cannot be pickled, copied or made JSON of, and gives neither text nor format; `repr` shows its label. Equal
    values are compared by `matches`, in a time that tells nothing of them.
    """

    __slots__ = ("__weakref__", "_forms", "_value", "label")

    label: str

    def __init__(self, value: str, label: str = "secret") -> None:
        """`label` is what stands in place of the value: the reference, such as `env:UPLINK_TOKEN`."""
        self._value = value
        self._forms: tuple[str, ...] | None = None
        self.label = label
        _ALIVE.add(self)

    def reveal(self) -> str:
        """The value."""
        return self._value

    def matches(self, value: str) -> bool:
        """Whether the value is this one."""
        from hmac import compare_digest

        return compare_digest(self._value.encode("utf-8", "surrogatepass"), value.encode("utf-8", "surrogatepass"))

    def forms(self) -> tuple[str, ...]:
        """The spellings of the value that are looked for in text, each once."""
        if self._forms is None:
            self._forms = tuple(dict.fromkeys(_forms(self._value)))
        return self._forms

    def __repr__(self) -> str:
        return f"<{self.label}>"

    def __str__(self) -> NoReturn:
        raise TypeError(f"the secret <{self.label}> gives no text of itself: ask for it with `.reveal()`")

    def __format__(self, how: str) -> NoReturn:
        raise TypeError(f"the secret <{self.label}> gives no text of itself: ask for it with `.reveal()`")

    def __reduce_ex__(self, protocol: Any) -> NoReturn:  # what pickle and copy ask first
        raise TypeError(f"the secret <{self.label}> cannot be pickled or copied")

    def __copy__(self) -> NoReturn:
        raise TypeError(f"the secret <{self.label}> cannot be copied")

    def __deepcopy__(self, memo: Any) -> NoReturn:
        raise TypeError(f"the secret <{self.label}> cannot be copied")


_ALIVE: WeakSet[Secret] = WeakSet()


def any_alive() -> bool:
    """Whether there is a secret in this process."""
    return len(_ALIVE) > 0


def redacted(text: str) -> str:
    """The text with the label of each living secret in the place of its value: as it is, in base64, in a URL, in JSON.

    >>> token = Secret("hunter2-hunter2", "env:TOKEN")
    >>> redacted("Authorization: Bearer hunter2-hunter2")
    'Authorization: Bearer <env:TOKEN>'
    """
    if not _ALIVE:
        return text
    forms = [(form, secret.label) for secret in list(_ALIVE) for form in secret.forms()]
    for form, label in sorted(forms, key=lambda pair: (-len(pair[0]), pair)):
        if form in text:
            text = text.replace(form, f"<{label}>")
    return text


def conceal(error: BaseException) -> None:
    """Take living secrets out of an exception, its findings, its causes and what it came from, in place."""
    met: set[int] = set()
    waiting: list[BaseException | None] = [error] if _ALIVE else []
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in met:
            continue
        met.add(id(one))
        waiting += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]
        try:
            one.args = tuple([redacted(item) if isinstance(item, str) else item for item in one.args])
            if isinstance(findings := getattr(one, "findings", None), tuple):
                one.findings = tuple([_without(finding) for finding in findings])  # type: ignore[attr-defined]  # it was there
        except Exception:  # an exception of somebody's own making, which lets nobody change it
            continue


def concealed(report: Report) -> Report:
    """The report without living secrets; before it is written in a format that spells them otherwise."""
    if not _ALIVE:
        return report
    from penstock_findings.report import Report

    sources = {path: redacted(text) for path, text in report.sources.items()}
    return Report(report.tool, [_without(finding) for finding in report.findings], sources, report.version)


def _without(finding: Any) -> Any:
    from penstock_findings.finding import Finding, Related

    if not isinstance(finding, Finding):
        return finding
    return Finding(
        finding.code,
        redacted(finding.message),
        finding.at,
        finding.severity,
        None if finding.hint is None else redacted(finding.hint),
        [Related(redacted(other.message), other.at) for other in finding.related],
        {key: _value(item) for key, item in finding.evidence.items()},
    )


def _value(value: JSON) -> JSON:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, list):
        return [_value(item) for item in value]
    return {key: _value(item) for key, item in value.items()} if isinstance(value, dict) else value


def _forms(value: str) -> Iterator[str]:
    """Raw, as parts of JSON and of `repr`, quoted for a URL, in base64 wherever in a longer text it began; line by line."""
    parts = [value, value.strip()]
    if "\n" in value:
        parts += [line.strip() for line in value.splitlines() if len(line.strip()) >= _LINE]
    for part in parts:
        if len(part) >= SHORTEST:
            yield part
            yield from _spellings(part)


def _spellings(value: str) -> Iterator[str]:
    from base64 import b64encode, urlsafe_b64encode
    from html import escape
    from json import dumps
    from urllib.parse import quote, quote_plus

    yield dumps(value)[1:-1]
    yield dumps(value, ensure_ascii=False)[1:-1]
    yield dumps(value)[1:-1].replace("/", "\\/")
    yield repr(value)[1:-1]
    yield ascii(value)[1:-1]
    yield escape(value)
    yield escape(value, quote=False)
    data = value.encode("utf-8", "surrogatepass")
    for safe in ("", "/", "/:@", "!*'()~"):
        yield quote(data, safe=safe)
        yield quote_plus(data, safe=safe)
    yield "".join(f"%{byte:02X}" for byte in data)
    yield "".join(f"%{byte:02x}" for byte in data)
    yield data.hex()
    yield data.hex().upper()
    for before in range(3):  # in base64 it looks different at each of three offsets; the ends belong to its neighbours
        for encode in (b64encode, urlsafe_b64encode):
            text = encode(b"\0" * before + data).decode("ascii").rstrip("=")
            whole = 8 * (before + len(data)) // 6  # characters that hold bits of it alone, counted from the start
            inner = text[(8 * before + 5) // 6 : whole]
            if len(inner) >= 2 * SHORTEST:
                yield inner
