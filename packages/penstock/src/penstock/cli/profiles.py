"""The commands `penstock profiles list` and `penstock profiles show`.

Takes:   nothing, or the name or file of a profile.
Gives:   the profiles that there are; what one says, or what becomes of it together with those that it inherits from.
Ignores: graphs that are run with them.
"""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING, Any

import click

from penstock.cli.checking import exit_code_of
from penstock.cli.options import as_json
from penstock.cli.tables import facts, json_text, table
from penstock_findings.errors import PenstockError
from penstock_findings.reporters import write

if TYPE_CHECKING:
    from penstock.profiles.load import Loaded
    from penstock.profiles.resolve import Said


@click.group()
def profiles() -> None:
    """Look at profiles: named settings of a run, for one kind of machine or work."""


@profiles.command("list")
@as_json
def list_profiles(as_json: bool) -> int:
    """List the profiles that can be asked for by name: those that are built in, and those of packs.

    \b
    Example:
      penstock profiles list
    """
    from penstock._plugins.discovery import discover
    from penstock.profiles.load import known_profiles, load_profile

    catalog = discover()
    found = [(name, origin, load_profile(name, catalog)) for name, origin in known_profiles(catalog).items()]
    if as_json:
        value = [
            {"name": name, "from": origin, "description": _intent(made), "usable": made.is_sound}
            for name, origin, made in found
        ]
        sys.stdout.write(json_text(value))
        return 0
    rows = [(name, origin, _intent(made).partition(". ")[0].rstrip(".") + ".") for name, origin, made in found]
    sys.stdout.write(table(("profile", "from", "what it is for"), rows))
    return 0


@profiles.command("show")
@click.argument("name", metavar="NAME|FILE")
@click.option("--resolved", is_flag=True, help="Every setting that comes of it and of those it inherits from.")
@as_json
def show_profile(name: str, resolved: bool, as_json: bool) -> int:
    """Show a profile as it is written; with --resolved, every setting, where it was said, and the digest of it all.

    A run records the same digest: in its report, in its store and in the history.

    \b
    Example:
      penstock profiles show edge_low_power
      penstock profiles show night.profile.yaml --resolved
    """
    from penstock._plugins.discovery import discover
    from penstock.profiles.load import load_profile

    made = load_profile(name, discover())
    if made.report.findings:
        write(made.report, "text", sys.stderr)
    if not made.is_sound or not made.chain:
        return exit_code_of(made.report)
    if as_json:
        sys.stdout.write(json_text(_value(made)))
    else:
        sys.stdout.write(_page(made) if resolved else made.chain[0].text)
    return 0


def _intent(made: Loaded) -> str:
    return " ".join(made.chain[0].written.description.split()) if made.chain else ""


def _digest(made: Loaded) -> str:
    from penstock.profiles.resolve import digest_of_profile

    return digest_of_profile(made.chain, {path: _text(path) for path in made.policies})


def _text(path: str) -> str:
    from penstock_findings.load import load

    parsed = load(path)
    if parsed.findings and parsed.document is None:
        raise PenstockError(f"the policy file `{path}` cannot be read", findings=parsed.findings)
    return parsed.text


def _value(made: Loaded) -> dict[str, Any]:
    from penstock.profiles.explain import place
    from penstock.profiles.resolve import TIERS, settings_of

    def word(said: Said) -> dict[str, Any]:
        return {"value": said.value, "tier": said.tier, "by": said.by, "at": place(said.at)}

    return {
        "name": made.name,
        "digest": _digest(made),
        "description": _intent(made),
        "inherits": [profile.written.name for profile in made.chain[1:]],
        "policies": made.policies,
        "accept_loss": sorted({name for profile in made.chain for name in profile.written.accepts}),
        "precedence": list(TIERS),
        "settings": {
            name: {**word(said[-1]), "instead_of": [word(one) for one in reversed(said[:-1])]}
            for name, said in settings_of(made.chain).items()
        },
    }


def _page(made: Loaded) -> str:
    from penstock.profiles.resolve import PRECEDENCE, settings_of, shown

    head = facts(
        [
            ("profile", made.name),
            ("inherits", " < ".join(profile.written.name for profile in made.chain[1:])),
            ("policies", ", ".join(made.policies)),
            ("accepts", ", ".join(sorted({name for profile in made.chain for name in profile.written.accepts}))),
            ("digest", _digest(made)),
            ("precedence", PRECEDENCE),
        ]
    )
    rows: list[tuple[str, ...]] = []
    for name, said in settings_of(made.chain).items():
        rows.append((name, shown(name, said[-1].value), said[-1].tier, _by(said[-1])))
        rows += [("", f"  instead of {shown(name, one.value)}", one.tier, _by(one)) for one in reversed(said[:-1])]
    intent = textwrap.fill(_intent(made), width=100)
    above = f"{intent}\n\n" if intent else ""
    return f"{above}{head}\n{table(('setting', 'value', 'tier', 'from'), rows)}"


def _by(said: Said) -> str:
    return f"{said.at.path}:{said.at.line}  {said.by}" if said.at.path else said.by
