"""List the commands of trust: one row each, in the order in which the help page shows them.

Takes:   nothing.
Gives:   `COMMANDS`; the quick help page and click's group both read it.
Ignores: options; a command's own module declares them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Command:
    """One sub-command: the heading it stands under, its name, the import path of its click command, one line."""

    __slots__ = ("door", "line", "name", "section")

    def __init__(self, section: str, name: str, door: str, line: str) -> None:
        self.section = section
        self.name = name
        self.door = door
        self.line = line

    def command(self) -> Any:
        """The click command, imported."""
        from importlib import import_module

        module, _, name = self.door.partition(":")
        return getattr(import_module(f"penstock_trust.cli.{module}"), name)


RELEASE = "Release"
DECIDE = "Decide"
MACHINE = "This machine"
RULES = "Rules"
MORE = "More"

COMMANDS = (
    Command(RELEASE, "sign", "sign:sign", "Sign wheels with sigstore, or with a key."),
    Command(RELEASE, "attest", "sign:attest", "Sign a statement about a wheel, such as how it was built."),
    Command(RELEASE, "keys", "keys:keys", "Make and show Ed25519 keys, for where there is no sigstore."),
    Command(DECIDE, "verify", "verify:verify", "Say whether a policy accepts wheels, and why not."),
    Command(
        DECIDE, "import-pep740", "imports:import_pep740", "Take over what a publisher attested on a package index."
    ),
    Command(MACHINE, "install", "install:install", "Verify wheels, install exactly those bytes, keep receipts."),
    Command(MACHINE, "renew", "install:renew", "Verify what is installed again, after the policy changed."),
    Command(MACHINE, "forget", "install:forget", "Take the acceptance of a pack back."),
    Command(MACHINE, "status", "status:status", "List every pack: may it load, and which file differs if not."),
    Command(MACHINE, "doctor", "status:doctor", "Say who can write what trust stands on."),
    Command(MACHINE, "receipt", "receipt:receipt", "Show what was accepted, by which policy, and when."),
    Command(RULES, "policy", "policy:policy", "Check, explain, try and compare policy files."),
    Command(RULES, "deny", "deny:deny", "Sign, show and check deny lists."),
    Command(RULES, "audit", "audit:audit", "Verify, show and anchor the log of what was done."),
    Command(RULES, "secrets", "secrets:secrets", "Check that references to secrets lead somewhere."),
    Command(MORE, "explain", "explain:explain", "Say what a code means, such as T324."),
    Command(MORE, "completion", "completion:completion", "Print the completion script for a shell."),
)
