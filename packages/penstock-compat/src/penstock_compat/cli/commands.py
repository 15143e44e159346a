"""List the commands of the matrix: one row each, in the order in which the help page shows them.

Takes:   nothing.
Gives:   `COMMANDS`; the quick help page and click's group both read it.
Ignores: options; a command's own module declares them.
"""

from penstock_findings.cli.commands import table

COMMANDS = table(
    "penstock_compat.cli",
    {
        "Commands": [
            ("plan", "plan:plan", "Say which cells there are, and what they share."),
            ("run", "run:run", "Run cells, and keep the evidence."),
            ("export", "export:export", "Write a plan as native tox TOML."),
            ("import", "import_tox:import_tox", "Make results of what a tox run left behind."),
            ("static", "static:static", "Judge a pack by sources alone, its own and a core's."),
            ("bisect", "bisect:bisect", "Find the version of a dependency that breaks a pack."),
            ("sign", "signing:sign", "Sign result files with a key."),
            ("merge", "merge:merge", "Put the results of many jobs into one file."),
            ("report", "report:report", "Tell how every cell stands, in many formats."),
            ("changes", "changes:changes", "Tell what changed between two reports."),
            ("can-i-run", "can_i_run:can_i_run", "Answer whether packs are proven in a place."),
            ("what-blocks", "what_blocks:what_blocks", "Tell what stands in the way of a place."),
            ("best", "best:best", "Name the newest version that is proven."),
            ("clean", "clean:clean", "Remove what runs have kept and no longer use."),
            ("explain", "about:explain", "Say what a code means, such as C301."),
            ("completion", "about:completion", "Print the completion script for a shell."),
        ],
    },
)
