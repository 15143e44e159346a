"""List the commands of `penstock`: one row each, in the order in which the help page shows them.

Takes:   nothing.
Gives:   `COMMANDS`; the quick help page and click's group both read it.
Ignores: options; a command's own module declares them.  Commands that packs add are found, not listed.
"""

from penstock_findings.cli.commands import table

COMMANDS = table(
    "penstock.cli",
    {
        "Graphs": [
            (
                "check",
                "check:check",
                "Find every mistake in graph files, without importing a pack.",
                "checking:from_words",
            ),
            ("run", "run:run", "Run a graph; it goes on where it stopped."),
            ("simulate", "simulate:simulate", "Run a graph with virtual time and a seed; let things go wrong."),
            (
                "explain-policy",
                "explain_policy:explain_policy",
                "Say what holds at a node, link or channel, and who said so.",
            ),
            ("profiles", "profiles:profiles", "List and show profiles: named settings of a run."),
            ("records", "records:records", "Show where a record has been."),
            ("dlq", "dlq:dlq", "Look at dead letters: what was given up, and why."),
            ("store", "store:store", "Look after stores: certify what one may promise."),
            ("graph", "graph:graph", "Look at a graph: draw it."),
        ],
        "Packs": [
            ("packs", "packs:packs", "List the packs that are installed."),
            ("nodes", "nodes:nodes", "List node types, or show one with its ports and config."),
            ("policies", "policies:policies", "List policy types; see and change what runs."),
            ("pack", "pack:pack", "Lock, check and show the manifest of a pack."),
        ],
        "This machine": [
            ("explain", "about:explain", "Say what a code means, such as G104."),
            ("doctor", "doctor:doctor", "See whether Penstock works well on this machine."),
            ("completion", "about:completion", "Print the completion script for a shell."),
        ],
    },
)
