"""The options that several commands share, so that they mean the same everywhere, and what they are turned into.

Takes:   nothing, or the values of options.
Gives:   decorators for click commands; `private_key`, `public_keys`, `the_site`, `environment_of`, `policy_path`, `now_of`.
Ignores: options of one command only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from penstock_findings.reporters import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from penstock_findings.secret import Secret
    from penstock_trust.environment import Environment
    from penstock_trust.keys import PrivateKey, PublicKey
    from penstock_trust.site import Site

FILE = click.Path(dir_okay=False)


class Moment(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.4
    """A moment, as 2026-12-01T00:00:00Z."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment in UTC; click is told when there is none like it."""
        from datetime import datetime

        from penstock_trust.policy.moments import moment_of

        if isinstance(value, datetime):
            return value
        found = moment_of(str(value))
        if found is None:
            self.fail(f"`{value}` is no moment; write it like `2026-12-01T00:00:00Z`", param, ctx)
        return found


policy = click.option(
    "--policy",
    metavar="FILE",
    type=FILE,
    help="The policy to decide by. Default: the one of this machine's trust.toml.",
)
report_format = click.option(
    "--format", "fmt", type=click.Choice(NAMES), default="text", show_default=True, help="How to print what was found."
)
as_json = click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
json_only = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
output = click.option("--output", metavar="FILE", type=FILE, help="Write it to FILE instead of the screen.")
at = click.option("--at", metavar="MOMENT", type=Moment(), help="Decide as if it were then. Default: now.")
replace = click.option("--replace", is_flag=True, help="Write over what is there already.")
key = click.option(
    "--key", metavar="FILE", type=FILE, help="An Ed25519 private key (PEM), as `keys generate` makes it."
)
needed_key = click.option(
    "--key", metavar="FILE", type=FILE, required=True, help="An Ed25519 private key (PEM), as `keys generate` makes it."
)
key_password = click.option(
    "--key-password",
    metavar="REF",
    help="Where the key's password is: env:NAME, file:PATH, keyring:SERVICE/USER or cmd:...",
)
python = click.option(
    "--python", metavar="FILE", type=FILE, help="The Python of the environment that is meant. Default: this one."
)
trusted_key = click.option(
    "--trusted-key",
    "trusted",
    metavar="KEY",
    multiple=True,
    help="A public key: `ed25519:...` or a file. May be repeated.",
)


def reporting(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say how findings are printed."""
    for option in (output, as_json, report_format):
        command = option(command)
    return command


_KEPT: list[Secret] = []  # for as long as the command runs, so that whatever it still says is rid of them


def revealed(reference: str) -> str:
    """The value behind a reference; until the command is over, no text of ours holds it. Raises `PenstockError`."""
    from penstock_trust.secrets.resolving import resolve

    _KEPT.append(resolve(reference))
    return _KEPT[-1].reveal()


def private_key(path: str, password: str | None) -> PrivateKey:
    """The key in the file. Raises `PenstockError` when it cannot be had."""
    from penstock_trust.keys import PrivateKey

    secret = None if password is None else revealed(password).encode()
    return PrivateKey.load(path, password=secret)


def public_keys(words: tuple[str, ...]) -> tuple[PublicKey, ...]:
    """The keys that are written out, or stand in files."""
    from penstock_trust.keys import PREFIX, PublicKey

    return tuple(PublicKey.parse(word) if word.startswith(PREFIX) else PublicKey.load(word) for word in words)


def the_site(ctx: click.Context) -> Site:
    """What this machine's owner decided. Raises `SiteError`, also where there is no such file."""
    from penstock_trust.cli.audited import site_of
    from penstock_trust.site import read_site

    return site_of(ctx) or read_site()


def environment_of(python: str | None) -> Environment | None:
    """The environment of that Python; None is our own. Raises `Refusal` (T440) when it does not answer."""
    if python is None:
        return None
    from penstock_trust.environment import look_into

    return look_into(python)


def policy_path(ctx: click.Context, named: str | None) -> str:
    """The policy that was named, or the one of this machine. Raises `Misuse` (T902) where there is neither."""
    from penstock_trust.cli.audited import site_of
    from penstock_trust.refusal import Misuse

    if named is not None:
        return named
    site = site_of(ctx)
    if site is None:
        raise Misuse("T902", "no policy is named, and this machine has none", hint="write `--policy FILE`")
    return site.policy


def now_of(at: datetime | None = None) -> datetime:
    """The moment that was named, or now."""
    from datetime import datetime, timezone

    return at or datetime.now(timezone.utc)
