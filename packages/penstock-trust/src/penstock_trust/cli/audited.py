"""Make every command one of two kinds: it reads, or it is written down before and after what it does.

Takes:   functions that are commands.
Gives:   `reads` and `changes`, the two ways to make a command of one; `told`, what a command adds to its line in the log;
         `anchored_by`, which has the log anchored afterwards.
Why so:  nobody can forget to write a command down: one that is of neither kind does not pass the tests, and one that
         changes things does not begin before its line is on the disk.
Ignores: what the commands do, and what a line looks like (`penstock_trust.audit`).
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Any

import click

from penstock_findings.secret import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from penstock_trust.audit.log import AuditLog
    from penstock_trust.keys import PrivateKey
    from penstock_trust.site import Site

_TOLD = "penstock_trust.told"
_SITE = "penstock_trust.site"
_ANCHOR = "penstock_trust.anchor"
REFERENCE = "REF"  # the metavar of options that name a secret
_MANY = 8  # items of a list in one line of the log, however long the paths in it are
AUDIT_OPTION = click.Option(
    ["--audit"],
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write down what is done in this log as well as in this machine's. Default, where the machine has none: "
    "penstock/trust-audit.jsonl below $XDG_STATE_HOME.",
)


class Reading(click.Command):
    """A command that changes nothing but what it was told to print to."""


class Changing(click.Command):
    """A command that is written down; where it cannot be, it does nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(AUDIT_OPTION)

    def invoke(self, ctx: click.Context) -> Any:
        """Write down that it begins, do it, write down how it ended; also when it ended badly."""
        named = ctx.params.pop("audit", None)
        logs = _logs(named, site_of(ctx))
        action = ".".join(ctx.command_path.split()[1:]).removeprefix("trust.")
        run = secrets.token_hex(8)
        begun, more = _lines({"phase": "begin", "run": run, "arguments": _plain(self._sayable(ctx.params))})
        _write(logs, action, [begun, *more])
        outcome: dict[str, Any] = {"phase": "end", "run": run, "exit": 70}
        try:
            code = super().invoke(ctx)
            outcome["exit"] = code if isinstance(code, int) else 0
            return code
        except SystemExit as wish:
            outcome["exit"] = wish.code if isinstance(wish.code, int) else 1 if wish.code else 0
            raise
        except click.exceptions.Exit as wish:
            outcome["exit"] = wish.exit_code
            raise
        except click.ClickException as error:
            outcome |= {"exit": error.exit_code, "error": error.format_message()[:500]}
            raise
        except BaseException as error:
            code = getattr(error, "exit_code", 70)
            outcome |= {"exit": code if type(code) is int else 70, "error": f"{type(error).__name__}: {error}"[:500]}
            raise
        finally:
            ended, more = _lines(outcome | _plain(ctx.meta.get(_TOLD, {})))
            _write(logs, action, [*more, ended])
            _anchor(ctx)

    def _sayable(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """What was said, without what stands where a reference to a secret should: it may be the secret itself."""
        from penstock_trust.secrets.reference import BadReference, SecretRef

        kept = dict(said)
        for option in self.params:
            if getattr(option, "metavar", None) == REFERENCE and option.name in said and said[option.name] is not None:
                try:
                    kept[option.name] = SecretRef.parse(said[option.name]).label
                except BadReference:
                    kept[option.name] = "no reference"
        return kept


class _Kind:
    """A way to make commands of functions; `kind` is for commands of a group."""

    def __init__(self, kind: type[click.Command]) -> None:
        self.kind = kind

    def __call__(self, name: str) -> Callable[[Callable[..., Any]], click.Command]:
        return click.command(name, cls=self.kind)


reads = _Kind(Reading)
changes = _Kind(Changing)


def told(**facts: Any) -> None:
    """Add facts to the line that says how this command ended, such as the digest of what it signed."""
    context = click.get_current_context()
    context.meta.setdefault(_TOLD, {}).update(facts)


def anchored_by(key: PrivateKey) -> None:
    """Have this machine's log anchored with the key once this command is over, where its owner names a second place."""
    click.get_current_context().meta[_ANCHOR] = key


def site_of(ctx: click.Context) -> Site | None:
    """What this machine's owner decided; None where there is no such file. Raises `SiteError` when it is no good."""
    if _SITE not in ctx.meta:
        from penstock_trust.site import read_site, site_path

        named = bool(os.environ.get("PENSTOCK_TRUST"))
        ctx.meta[_SITE] = read_site() if named or os.path.lexists(site_path(os.environ)) else None
    found: Site | None = ctx.meta[_SITE]
    return found


def default_log(environment: Mapping[str, str]) -> str:
    """Where is written down what was done on a machine whose owner names no log."""
    home = environment.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(home, "penstock", "trust-audit.jsonl")


def _logs(named: str | None, site: Site | None) -> list[AuditLog]:
    """The machine's own log in any case, and the one that was named."""
    from penstock_trust.audit.log import AuditLog

    paths = [path for path in (site.audit if site is not None else None, named) if path]
    return [AuditLog(path) for path in dict.fromkeys(map(os.path.abspath, paths or [default_log(os.environ)]))]


def _anchor(ctx: click.Context) -> None:
    from datetime import datetime, timezone

    from penstock_trust.audit.examine import anchor

    key, site = ctx.meta.get(_ANCHOR), site_of(ctx)
    if key is not None and site is not None and site.audit and site.checkpoints:
        anchor(site.audit, key, site.checkpoints, now=datetime.now(timezone.utc))


def _write(logs: list[AuditLog], action: str, lines: list[dict[str, Any]]) -> None:
    for log in logs:
        log.extend([(action, facts) for facts in lines])


def _lines(facts: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The facts as one line can hold them, and lines of their own, of the phase `more`, for the rest of long lists."""
    kept, rests = _split(facts)
    return kept, [{"phase": "more", "run": facts["run"], **rest} for rest in rests]


def _split(facts: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    kept, rests = dict(facts), list[dict[str, Any]]()
    for key, value in facts.items():
        if isinstance(value, list):
            kept[key] = value[:_MANY]
            rests += [{key: value[at : at + _MANY]} for at in range(_MANY, len(value), _MANY)]
        elif isinstance(value, dict):
            kept[key], inner = _split(value)
            rests += [{key: rest} for rest in inner]
    return kept, rests


def _plain(value: Any, most: int | None = None) -> Any:
    """What was said on the command line, as lines can hold it; no secret that is alive is in it.

    A list in a list has `most` items; others have all of them.
    """
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item, 200) for item in list(value)[:most]]
    if isinstance(value, dict):
        return {
            str(key): _plain(item, most)
            for key, item in value.items()
            if item is not None and item is not False and item != ()
        }
    if value is None or isinstance(value, (bool, int)):
        return value
    return redacted(str(value))[:1000].encode("utf-8", "backslashreplace").decode()
