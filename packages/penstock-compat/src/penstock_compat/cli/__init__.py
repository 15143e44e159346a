"""The commands of the matrix: `penstock-compat ...`, and `penstock compat ...` where the core is installed.

Takes:   the words of the command line.
Gives:   `main`, the entry point of the console script; it returns the exit code.
Ignores: what the commands do.  A new one is a row in `commands`, and a module beside this one.
"""

from penstock_findings.cli.program import program

main = program("penstock-compat", __name__)
