"""The public surface of one SDK version as facts: modules, names, parameters, members.

Takes:   nothing.
Gives:   `Surface`, `Name`, `Member`, `Parameter`.
Ignores: how it is taken from the code (`inspect_sdk`), kept (`recorded`) and compared (`breaks`, `compare`).
"""

from __future__ import annotations

from penstock_findings.fact import EMPTY, Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.deprecation import Deprecation

POSITIONAL, EITHER, KEYWORD, REST, NAMED_REST = "positional", "either", "keyword", "rest", "named rest"


class Parameter(Fact):
    """One parameter: `kind` is how it may be given; `default` is its text, None when it must be given."""

    name: str
    kind: str  # positional, either, keyword, rest (*args) or named rest (**kwargs)
    default: str | None = None


class Member(Fact):
    """One public member of a class; an attribute has no parameters, and the rest are without `self`."""

    kind: str  # attribute, method, async method, class method or static method
    parameters: tuple[Parameter, ...] | None = None
    deprecated: Deprecation | None = None


class Name(Fact):
    """One public name of a module.

    `parameters` are None for what is not called, or where nobody can say (a Protocol is not made).
    `bases` are the classes outside of penstock whose members a class has as well, dotted.
    """

    kind: str  # class, function, alias or value; handle: a class whose members are not promised
    home: str  # the module that defines it
    parameters: tuple[Parameter, ...] | None = None
    members: Mapping[str, Member] = EMPTY
    bases: tuple[str, ...] = ()
    deprecated: Deprecation | None = None


class Surface(Fact):
    """All public names of one minor version: module -> name -> what it is."""

    sdk: str  # "0.1"
    modules: Mapping[str, Mapping[str, Name]]
