"""What all command lines of Penstock have in common; each hands in its table of commands and its words.

Takes:   a name, rows of commands, pages of text.
Gives:   without click: `commands.Command`, `pages.page`, `program.program`.  With click, which `penstock-findings[cli]`
         brings: `root.Root`, `explain.explaining`, `completion.completing`, `durations.Duration`.
Why so:  a help page must come within three times what a bare Python start takes, and importing click takes more.
Ignores: what the commands do.  Nothing else in this package imports this room, or click.
"""
