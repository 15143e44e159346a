"""Regular languages: patterns of ECMA-262 as sets of strings, with union, intersection and complement.

A table of contents. The semantics: `pattern` is searched anywhere in the string; ECMA-262 with the `u` flag; a string
is a sequence of code points without surrogates; `$` is the end only, and `\\d`, `\\w` are ASCII (Python's `re` differs).
"""

from penstock_contracts.regular.budget import Budget as Budget
from penstock_contracts.regular.budget import OutOfSteps as OutOfSteps
from penstock_contracts.regular.budget import Steps as Steps
from penstock_contracts.regular.formats import format_language as format_language
from penstock_contracts.regular.language import ALL as ALL
from penstock_contracts.regular.language import NOTHING as NOTHING
from penstock_contracts.regular.language import PLAIN as PLAIN
from penstock_contracts.regular.language import Language as Language
from penstock_contracts.regular.language import intersection as intersection
from penstock_contracts.regular.language import lengths as lengths
from penstock_contracts.regular.language import literal as literal
from penstock_contracts.regular.language import parse as parse
from penstock_contracts.regular.language import union as union
from penstock_contracts.regular.pattern import Malformed as Malformed
from penstock_contracts.regular.pattern import Unsupported as Unsupported

__all__ = [
    "ALL",
    "NOTHING",
    "PLAIN",
    "Budget",
    "Language",
    "Malformed",
    "OutOfSteps",
    "Steps",
    "Unsupported",
    "format_language",
    "intersection",
    "lengths",
    "literal",
    "parse",
    "union",
]
