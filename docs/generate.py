"""Write the parts of the reference that the code knows better: graph files, hooks, commands, codes, the standard pack.

    python docs/generate.py            write them
    python docs/generate.py --check    only tell which pages are out of step

Takes:   the pages below docs/reference; what stands between `<!-- generated: NAME -->` and `<!-- end of NAME -->` is ours.
Gives:   `outdated`: the pages whose text is not what the code makes.
Ignores: the prose around it, and the examples in it (`transcripts.py`).
"""

from __future__ import annotations

import argparse
import ast
import dataclasses
import inspect
import json
import re
import sys
import textwrap
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import click

from penstock import layers, running
from penstock._plugins import admission, specs
from penstock._plugins.discovery import Catalog
from penstock.cli.commands import COMMANDS
from penstock.cli.configs import type_word
from penstock.cli.root import root
from penstock.failpoints import NAMES
from penstock.graph import fields, model
from penstock.graph.schema import graph_schema
from penstock.layers import LAYERS, layer_of
from penstock.manifest import compile as compile_
from penstock.manifest.model import Manifest, PortFacts
from penstock.manifest.project import FILE
from penstock.manifest.read import read_manifest
from penstock.policies import fields as of_policies
from penstock.policies import schema as policy_schema_
from penstock.profiles import fields as of_profiles
from penstock.profiles import schema as profile_schema_
from penstock.profiles.load import BUILT_IN, load_profile
from penstock.profiles.resolve import PRECEDENCE, digest_of_profile
from penstock_compat.axes import AXES
from penstock_compat.cli.commands import COMMANDS as COMPAT_COMMANDS
from penstock_compat.cli.root import compat
from penstock_contracts import waiver as waivers
from penstock_contracts.cli.commands import COMMANDS as GATE_COMMANDS
from penstock_contracts.cli.root import contracts as gate
from penstock_contracts.reports import NAMES as GATE_FORMATS
from penstock_findings import codebook, exits
from penstock_trust import trial
from penstock_trust.cli.commands import COMMANDS as TRUST_COMMANDS
from penstock_trust.cli.root import trust
from penstock_trust.deny.model import KINDS as DENIED
from penstock_trust.policy import fields as of_trust
from penstock_trust.policy.model import ALLOWED
from penstock_trust.policy.shape import Field

PAGES = Path(__file__).parent / "reference"
OURS = (
    "penstock",
    "penstock-compat",
    "penstock-contracts",
    "penstock-findings",
    "penstock-standard",
    "penstock-templates",
    "penstock-testkit",
    "penstock-trust",
)  # whose codes are told; others bring pages of their own
LETTERS = {
    "F": "Files and programs",
    "G": "Graph files",
    "L": "Policies and profiles",
    "M": "Manifests",
    "P": "Packs, and what they bring",
    "R": "Runs",
    "S": "Stores",
    "N": "The standard nodes",
    "K": "Contracts, and the gate",
    "C": "Compatibility: plans, cells, evidence",
    "Q": "Nodes and policies under test",
    "W": "Packs from templates",
    "T": "Trust: signatures, policies, receipts, the audit log, secrets",
}
# What the code has no words for: the keys of nodes, links, channels and groups in a graph file.
NODE = {
    "type": "Id of a node type that an installed pack offers; `penstock nodes` lists them.",
    "config": "What the node type lets you set; texts in it may hold `${NAME}`.",
    "secrets": "Name under which the node asks for a secret -> where the value is: `env:NAME`, `file:PATH`, `keyring:SERVICE/USER` or `cmd:...`.",
    "tags": "Words of your own, by which policies may select nodes.",
}
LINK = {
    "from": "Where records come from: `node`, `node.port`, or `channel`.",
    "to": "Where they go: `node`, `node.port`, or `channel`.",
    "group": "For which group a channel is read; the id of the node that reads, unless it is given.",
}
_SAID = {  # patterns that have a name
    "^(/([^/~]|~[01])*)*$": "JSON Pointer",
    "^(key|payload|(/([^/~]|~[01])*)+)$": "`key`, `payload` or JSON Pointer",
    "^[a-z][a-z0-9_-]{0,62}$": "name of a channel",
}
_NAMES_IN_MODEL = {"dedup": "dedup_window"}
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"), (0.001, "ms"))


# -- graph files ------------------------------------------------------------------------------------------------


def top() -> str:
    """The keys of a graph file."""
    schema = graph_schema()
    rows = [
        (f"`{name}`", _needed(name in schema["required"]), schema["properties"][name]["description"])
        for name in fields.TOP
    ]
    return _table(("key", "", "what it is"), rows)


def node() -> str:
    """The keys of a node."""
    rows = [(f"`{name}`", _needed(name in fields.NODE_REQUIRED), NODE[name]) for name in fields.NODE]
    return _table(("key", "", "what it is"), rows)


def link() -> str:
    """The keys of a link."""
    rows = [(f"`{name}`", _needed(name in fields.LINK_REQUIRED), LINK[name]) for name in fields.LINK]
    return _table(("key", "", "what it is"), rows)


def channel() -> str:
    """The keys of a channel."""
    said = {**_comments(model.Channel), "groups": "name -> mode; see below"}
    return _settings(fields.CHANNEL, said, _defaults(model.Channel))


def settings() -> str:
    """What stands under `settings`."""
    return _settings(fields.SETTINGS, _comments(model.Settings), _defaults(model.Settings))


def features() -> str:
    """What may stand under `requires`."""
    return ", ".join(f"`{name}`" for name in fields.FEATURES)


def modes() -> str:
    """The modes of a group, as its class explains them."""
    doc = inspect.cleandoc(model.Group.__doc__ or "")
    said = {name: text for name, text in re.findall(r"`(\w+)`: ([^;.]+)", doc) if name in fields.MODES.options}
    return _table(("mode", "who gets a record"), [(f"`{name}`", said[name]) for name in fields.MODES.options])


def _settings(kinds: Mapping[str, Any], said: Mapping[str, str], defaults: Mapping[str, Any]) -> str:
    rows = []
    for name, kind in kinds.items():
        inside = _NAMES_IN_MODEL.get(name, name)
        default = "none" if kind is None else f"`{_written(kind, defaults[inside])}`"
        rows.append((f"`{name}`", _range(kind), default, said[inside]))
    return _table(("key", "values", "default", "what it is"), rows)


def _range(kind: Any) -> str:
    if isinstance(kind, fields.Whole):
        return f"{kind.low} to {kind.high:,}"
    if isinstance(kind, fields.Duration):
        return f"duration, `{_duration(kind.low)}` to `{_duration(kind.high)}`"
    if isinstance(kind, fields.Choice):
        return " or ".join(f"`{option}`" for option in kind.options)
    if isinstance(kind, fields.Named):
        return ", ".join(f"`{name}`" for name in kind.own) + ", or what a pack offers"
    return "`true` or `false`" if isinstance(kind, fields.Flag) else "mapping"


def _written(kind: Any, value: Any) -> str:
    if isinstance(kind, fields.Duration):
        return _duration(value)
    return json.dumps(value).strip('"')


def _duration(seconds: float) -> str:
    if seconds == 0:
        return "0"
    size, unit = next(
        (size, unit) for size, unit in _UNITS if round(seconds / size, 6) == round(seconds / size) and seconds >= size
    )
    return f"{round(seconds / size)}{unit}"


def _defaults(fact: type) -> dict[str, Any]:
    return {
        field.name: field.default_factory()
        for field in dataclasses.fields(fact)
        if field.default_factory is not dataclasses.MISSING
    }


# -- policy files and profiles ----------------------------------------------------------------------------------


def policy_top() -> str:
    """The keys of a policy file."""
    return _keys(of_policies.TOP, ("format", *of_policies.TOP_REQUIRED), policy_schema_.SAYS)


def policy_rule() -> str:
    """The keys of a rule."""
    return _keys(of_policies.RULE, of_policies.RULE_REQUIRED, policy_schema_.SAYS)


def policy_use() -> str:
    """The keys of a policy under `use`."""
    return _keys(of_policies.USE, of_policies.USE_REQUIRED, policy_schema_.SAYS)


def policy_settings() -> str:
    """What a rule may set."""
    rows = [
        (f"`{name}`", f"a {of_policies.SET_OF[name]}", _range(kind), policy_schema_.SAYS[name])
        for name, kind in of_policies.SET.items()
    ]
    return _table(("key", "of", "values", "what it is"), rows)


def failure_keys() -> str:
    """The keys of a line under `classify`."""
    classes = " or ".join(f"`{name}`" for name in of_policies.CLASSES.options)
    said = {**policy_schema_.SAYS, "as": f"{classes}."}
    return _keys(of_policies.CLASSIFY, of_policies.CLASSIFY_REQUIRED, said)


def policy_layers() -> str:
    """The layers, outermost first, and which policies of the standard pack stand there."""
    source = inspect.getsource(layers).splitlines()
    said = {
        name: line.partition("#")[2].strip() for name in layers.LAYERS for line in source if f'"{name}",  #' in line
    }
    stands: dict[str, list[str]] = {}
    for facts in _manifest("penstock_standard").policies:
        stands.setdefault(facts.layer or layers.layer_of(facts.points), []).append(f"`{facts.id}`")
    rows = [
        (
            f"`{name}`",
            said[name],
            "one of each type" if name in layers.SEVERAL else "one",
            ", ".join(stands.get(name, ())),
        )
        for name in layers.LAYERS
    ]
    return _table(("layer", "decides", "room for", "standard policies"), rows)


def asked_where() -> str:
    """What is asked at which kind of subject."""
    rows = [(kind, ", ".join(f"`{point}`" for point in points)) for kind, points in of_policies.ASKED.items()]
    return _table(("at a", "is asked"), rows)


def profile_top() -> str:
    """The keys of a profile file."""
    return _keys(of_profiles.TOP, ("format", *of_profiles.TOP_REQUIRED), profile_schema_.SAYS)


def profile_settings() -> str:
    """Every setting that a profile may give, and what the built-in profiles give."""
    said, defaults = _comments(model.Settings), _defaults(model.Settings)
    chains = {name: load_profile(name, Catalog()).chain for name in BUILT_IN}
    rows = []
    for name, kind in of_profiles.SETTINGS.items():
        values = [defaults[name], *(chain[0].written.settings[name].value for chain in chains.values())]
        rows.append((f"`{name}`", *(f"`{_written(kind, value)}`" for value in values), said[name]))
    return _table(("setting", "default", *(f"`{name}`" for name in chains), "what it is"), rows)


def built_in_profiles() -> str:
    """The intent of each built-in profile, as its file says it."""
    loaded = {name: load_profile(name, Catalog()).chain[0] for name in BUILT_IN}
    digests = {name: digest_of_profile((profile,), {}) for name, profile in loaded.items()}
    return "\n\n".join(
        f"### {name}\n\n{' '.join(profile.written.description.split())}\n\nDigest: `{digests[name]}`"
        for name, profile in loaded.items()
    )


def precedence() -> str:
    """Who wins over whom."""
    return f"`{PRECEDENCE}`"


def _keys(names: Iterable[str], required: Iterable[str], said: Mapping[str, str]) -> str:
    return _table(("key", "", "what it is"), [(f"`{name}`", _needed(name in required), said[name]) for name in names])


# -- commands ---------------------------------------------------------------------------------------------------


def exit_codes() -> str:
    """What each exit code means."""
    said = _comments(exits.Exit)
    return _table(("exit code", "why"), [(f"{code.value}", said[code.name]) for code in exits.Exit])


def failpoints() -> str:
    """Every place where a run can be let fail, and what has happened there."""
    return _table(("place", "when"), [(f"`{name}`", when) for name, when in NAMES.items()])


def commands() -> str:
    """Every command of the core, with its options."""
    parent = click.Context(root, info_name="penstock")
    parts = []
    section = None
    for row in COMMANDS:
        if row.section != section:
            section = row.section
            parts.append(f"## {section}")
        parts += _command(row.command(), row.name, parent)
    return "\n\n".join(parts)


def _command(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    ctx = click.Context(command, info_name=name, parent=parent)
    if isinstance(command, click.Group):
        for inner in command.list_commands(ctx):
            found = command.get_command(ctx, inner)
            assert found is not None
            yield from _command(found, inner, ctx)
        return
    yield f"### `{ctx.command_path}`"
    yield f"```\n{ctx.command_path} {' '.join(command.collect_usage_pieces(ctx))}\n```"
    yield from _prose(inspect.cleandoc(command.help or ""))
    options = [record for param in command.params if (record := param.get_help_record(ctx)) is not None]
    if options:
        yield _table(("option", "what it does"), [(f"`{_escaped(names)}`", _escaped(text)) for names, text in options])


def _prose(help_text: str) -> Iterator[str]:
    """Paragraphs of a help text; those that click is told not to wrap are examples."""
    for paragraph in help_text.split("\n\n"):
        if paragraph.startswith("\b\n"):
            lines = paragraph[2:].splitlines()
            if lines[0].endswith(":") and all(line.startswith(" ") for line in lines[1:]):
                lines = lines[1:]
            yield "```\n" + textwrap.dedent("\n".join(lines)) + "\n```"
        else:
            yield " ".join(paragraph.split())


# -- the contract gate ------------------------------------------------------------------------------------------

WAIVER = {
    "code": "The code of the finding that may pass.",
    "pointer": "Where it is: the JSON Pointer that the report shows. Empty for a whole schema.",
    "subject": "The digest of the contract that it was given for; a later version needs a look of its own.",
    "reason": "Why it may pass, for whoever reads it next year.",
    "owner": "Who answers for it.",
    "expires": "The last day on which it holds.",
}
REPORTS = {
    "text": "for people; the default",
    "json": "for programs: everything, in the shape of `penstock_contracts/reports/report.schema.json`",
    "sarif": "SARIF 2.1.0, which code hosts and editors show beside the code",
    "junit": "JUnit XML, which build servers show as a table of tests",
    "github": "annotations of a job on GitHub",
    "markdown": "a comment on a change, payloads folded away",
    "html": "a page with both versions side by side, which needs nothing but itself",
}


def gate_commands() -> str:
    """Every command of the contract gate, with its options."""
    parent = click.Context(gate, info_name="penstock-contracts")
    return "\n\n".join(part for row in GATE_COMMANDS for part in _command(row.command(), row.name, parent))


def gate_formats() -> str:
    """The formats in which the gate reports."""
    return _table(("format", "what it is for"), [(f"`{name}`", REPORTS[name]) for name in GATE_FORMATS])


def waiver() -> str:
    """The keys of a waiver."""
    rows = waivers.SHAPE.members["waiver"].items
    assert rows is not None
    return _table(
        ("key", "", "like", "what it is"),
        [(f"`{name}`", _needed(kind.required), f"`{kind.like}`", WAIVER[name]) for name, kind in rows.members.items()],
    )


# -- compatibility ----------------------------------------------------------------------------------------------


def compat_commands() -> str:
    """Every command of the matrix, with its options."""
    parent = click.Context(compat, info_name="penstock-compat")
    return "\n\n".join(part for row in COMPAT_COMMANDS for part in _command(row.command(), row.name, parent))


def compat_axes() -> str:
    """The keys of an axes file, those of tables after their table."""
    return _table(("key", "", "what it is"), _shaped(AXES.members, ""))


def _shaped(members: Mapping[str, Any], above: str) -> list[tuple[str, str, str]]:
    rows = []
    for name, field in members.items():
        one = field.items if field.items is not None and field.items.members else field.values or field
        key = f"{above}{name}.NAME" if field.values is not None else f"{above}{name}"
        rows.append((f"`{key}`", _needed(field.required), field.says))
        rows += _shaped(one.members, f"{key}.")
    return rows


# -- trust ------------------------------------------------------------------------------------------------------

TRUST_KEYS = {
    "policy": {
        "schema": "1, the schema that this page is about.",
        "name": "What the policy is called; machines remember the highest sequence of each name.",
        "sequence": "Goes up with every change; a lower one than was seen is refused.",
        "expires": "The moment from which on nothing is accepted by it.",
        "trust": "The roots that are believed, one table for each name.",
        "identity": "Who may sign, one table for each.",
        "pack": "The rules, one table for each. The most particular `match` holds; what none matches is refused.",
        "deny": "The deny list.",
    },
    "trust": {
        "kind": "`sigstore` for names that a sigstore vouches for, `key` for whoever holds a key.",
        "file": "Of `sigstore`: its trusted root, relative to the policy.",
        "sha256": "Of `sigstore`: the digest of that file. Another text is refused.",
        "public-key": "Of `key`: as `penstock-trust keys show` prints it.",
    },
    "identity": {
        "name": "What rules call it.",
        "trust": "The root that vouches for it. At a root of kind `key` there is nothing else to say.",
        "issuer": "Who told sigstore who it is: the exact address.",
        "uri": "The name in its certificates, whole. `{version}` stands for the version of the wheel, behind the host.",
        "email": "The name in its certificates, where that is an address of mail. Either this or `uri`.",
        "repository": "The address of the source repository, as the certificate says it.",
        "repository-id": "The id of the repository, which stays with it when its name is given to somebody else.",
        "owner-id": "The id of whoever owns the repository.",
    },
    "pack": {
        "match": "A name, a beginning and `-*`, or `*`.",
        "signers": "`{any = [...], threshold = N}` or `{all = [...]}`, names of identities. Each signer counts once.",
        "attestations": "Types of statements that have to be there, or `{type = ..., signers = {...}}`; without signers, those of the rule.",
        "min-version": "The lowest version.",
        "rollback": "Whether an older version than the one before is accepted. Default: false.",
        "load": "How modules come into a process: `sealed`, `verified` (the default), `checked`, `off`.",
        "allow": "What is let pass, see below.",
        "dependencies": "`any` (the default), `listed`: each has a rule here, or a list of names.",
        "top-levels": "The top-level packages that the wheel may bring. Default: the one that follows from its name.",
    },
    "deny": {
        "file": "The signed list, relative to the policy.",
        "signers": "Names of roots of kind `key`; one of them has to have signed it.",
        "name": "What the list calls itself; with it, another list that the same people sign does not pass for it.",
        "max-age": "How old it may be, such as `7d`, counted from when it was issued.",
        "stale": "`refuse` (the default) or `warn`: what becomes of one that is too old.",
    },
    "case": {
        "name": "What the case shows.",
        "pack": "The name of the pack that would come.",
        "version": "Its version.",
        "signed-by": "Who would have signed it: names of identities, `stranger`, or the marks of a signer as `[[identity]]` has them.",
        "attestations": "Statements that would be there: `{type = ..., signed-by = [...]}`.",
        "requires": "What it would require, as `Requires-Dist` says it.",
        "installed": "The version that was accepted before.",
        "sha256": "The digest of the wheel, where a deny list may name it.",
        "at": "When it would come. Default: now.",
        "expect": "`accept` or `refuse`.",
        "code": "The code by which it is to be refused.",
    },
}
DENIED_SAID = {
    "wheel": "a wheel, by its bytes",
    "file": "a file in any wheel, by its bytes",
    "version": "a range of versions of a project",
    "identity": "a signer at a sigstore: all of these that are given have to be the same",
    "certificate": "one certificate, by the sha256 of its DER form",
    "key": "a key, as it is or by its id",
    "log-entry": "one entry of a transparency log",
}


def trust_commands() -> str:
    """Every command of the trust tools, with its options."""
    parent = click.Context(trust, info_name="penstock-trust")
    return "\n\n".join(part for row in TRUST_COMMANDS for part in _command(row.command(), row.name, parent))


def trust_keys(name: str) -> Callable[[], str]:
    """The keys of one table of a file of the trust tools."""
    case = trial.CASES.members["case"].items
    assert case is not None
    tables: dict[str, Field] = {
        "policy": of_trust.POLICY,
        "trust": of_trust.TRUST,
        "identity": of_trust.IDENTITY,
        "pack": of_trust.PACK,
        "deny": of_trust.DENY,
        "case": case,
    }
    rows = [(f"`{key}`", _needed(kind.required), TRUST_KEYS[name][key]) for key, kind in tables[name].members.items()]
    return lambda: _table(("key", "", "what it is"), rows)


def trust_allow() -> str:
    """The words of `allow`."""
    return _table(("word", "what it lets pass"), [(f"`{word}`", said) for word, said in ALLOWED.items()])


def denied_kinds() -> str:
    """What a deny list can name."""
    rows = [
        (f"`{kind}`", ", ".join(f"`{name}`" for name in names), DENIED_SAID[kind]) for kind, names in DENIED.items()
    ]
    return _table(("kind", "keys", "what it names"), rows)


# -- hooks ------------------------------------------------------------------------------------------------------


def hooks() -> str:
    """Every hook, as its specification says it."""
    made = ast.parse(inspect.getsource(specs))
    functions = [item for item in made.body if isinstance(item, ast.FunctionDef)]
    called = {*compile_._AT_LOCK, *_asked()}
    parts = []
    for function in functions:
        if function.name != "penstock_admit":
            parts.append(_function(function, "###"))
            if function.name not in called:
                parts.append("**Not called yet** by this version. Its name and shape are kept free for it.")
    return "\n\n".join(parts)


def _asked() -> set[str]:
    """The hooks that the code of the core asks for by name."""
    sources = (path.read_text("utf-8") for path in Path(specs.__file__).parents[1].rglob("*.py"))
    return {name for source in sources for name in re.findall(r"""\.ask\(\s*"(\w+)\"""", source)}


def admission_hook() -> str:
    """The hook that is asked in a manager of its own, and its answer."""
    made = ast.parse(inspect.getsource(specs))
    functions = [item for item in made.body if isinstance(item, ast.FunctionDef) and item.name == "penstock_admit"]
    answer = inspect.cleandoc(admission.Admission.__doc__ or "")
    parts = [_function(function, "###") for function in functions]
    return "\n\n".join([*parts, "```python\nAdmission(allowed: bool, reason: str)\n```", answer])


def observer() -> str:
    """What an observer of runs may have."""
    made = ast.parse(textwrap.dedent(inspect.getsource(running.Observer))).body[0]
    assert isinstance(made, ast.ClassDef)
    methods = [item for item in made.body if isinstance(item, ast.FunctionDef)]
    doc = " ".join(inspect.cleandoc(running.Observer.__doc__ or "").split())
    return "\n\n".join([doc, *(_function(method, "####") for method in methods)])


def _function(function: ast.FunctionDef, level: str) -> str:
    arguments = ast.unparse(function.args).removeprefix("self, ").removeprefix("self")
    answer = f" -> {ast.unparse(function.returns)}" if function.returns is not None else ""
    doc = "\n\n".join(" ".join(part.split()) for part in (ast.get_docstring(function) or "").split("\n\n"))
    return f"{level} `{function.name}`\n\n```python\ndef {function.name}({arguments}){answer}\n```\n\n{doc}"


# -- codes ------------------------------------------------------------------------------------------------------


def codes() -> str:
    """Every code that our packages document."""
    known = [each for each in codebook.all_codes() if each.owner in OURS]
    parts = []
    for letter, title in LETTERS.items():
        some = [each for each in known if each.code.rstrip("0123456789") == letter]
        owner = {each.owner for each in some}
        parts.append(f"## {letter}: {title}\n\nFrom `{', '.join(sorted(owner))}`.")
        parts += [f"### {each.code}\n\n*{_capital(each.title)}.*\n\n{_labelled(each.text)}" for each in some]
    left = {each.code for each in known} - set(re.findall(r"### (\w+)", "\n".join(parts)))
    if left:
        raise KeyError(f"codes of a letter without a title: {sorted(left)}")
    return "\n\n".join(part.strip() for part in parts)


def _labelled(text: str) -> str:
    """The text of a code with its `Why:`, `Bad:`, `Good:` and `Do:` as paragraphs of their own."""
    return re.sub(r"(?:\A|\n+)(Why|Bad|Good|Do|But|Note):\s+", r"\n\n**\1:** ", text).strip()


# -- standard nodes ---------------------------------------------------------------------------------------------


def standard_nodes() -> str:
    """Every node type of the standard pack, by role."""
    nodes = _manifest("penstock_standard").nodes
    parts = []
    for role, title in (("source", "Sources"), ("transform", "Transforms"), ("sink", "Sinks")):
        parts.append(f"## {title}")
        for facts in (each for each in nodes if each.role == role):
            cls = _class_of(facts.import_path)
            words = [f"effect `{facts.effect}`"]
            words += ["keeps state by key"] if facts.stateful else []
            words += ["keeps the order of each key"] if facts.ordered else []
            words += [f"needs {', '.join(facts.capabilities)}"] if facts.capabilities else []
            ports = [*_ports("in", facts.inputs), *_ports("out", facts.outputs)]
            parts += [f"### {facts.id}", _docstring(cls), f"{_capital('; '.join([*ports, *words]))}."]
            parts += _config(facts.config, _comments(cls))
    return "\n\n".join(parts)


def standard_policies() -> str:
    """Every policy type of the standard pack, from the outermost to the innermost."""
    layers = {each: each.layer or layer_of(each.points) for each in _manifest("penstock_standard").policies}
    parts = []
    for each, layer in sorted(layers.items(), key=lambda one: (LAYERS.index(one[1]), one[0].id)):
        cls = _class_of(each.import_path)
        parts += [f"## {each.id}", _docstring(cls), f"Layer `{layer}`."]
        parts += _config(each.config, _comments(cls))
    return "\n\n".join(parts)


def _ports(direction: str, ports: Iterable[PortFacts]) -> Iterator[str]:
    for port in ports:
        payload = f" carries `{port.contract}`" if port.contract else ""
        far = "" if port.portability == "json" else f" ({port.portability})"
        yield f"{direction}put port `{port.name}`{payload}{far}"


def _docstring(cls: type) -> str:
    """The docstring with its labels as a list."""
    first, _, rest = inspect.cleandoc(cls.__doc__ or "").partition("\n\n")
    items: list[str] = []
    for line in rest.splitlines():
        label = re.match(r"([A-Z]\w+):\s+(.*)", line)
        if label:
            items.append(f"* **{label[1]}:** {label[2]}")
        elif line.strip():
            items[-1] += " " + line.strip()
    return "\n\n".join(part for part in (first, "\n".join(items)) if part)


def _config(schema: Mapping[str, Any], comments: Mapping[str, str]) -> Iterator[str]:
    definitions = schema.get("$defs", {})
    if schema.get("properties"):
        yield _config_table(schema, comments, definitions)
    for name, definition in sorted(definitions.items()):
        if definition.get("properties"):
            yield f"`{name}`:"
            yield _config_table(definition, {}, definitions)


def _config_table(schema: Mapping[str, Any], comments: Mapping[str, str], definitions: Mapping[str, Any]) -> str:
    required = set(schema.get("required", ()))
    rows = [
        (
            f"`{name}`",
            _escaped(_type(field, definitions)),
            "required" if name in required else f"`{json.dumps(field['default'])}`" if "default" in field else "",
            _escaped(comments.get(name, field.get("description", ""))),
        )
        for name, field in sorted(schema["properties"].items(), key=lambda item: (item[0] not in required, item[0]))
    ]
    return _table(("config", "type", "default", "what it is"), rows)


def _type(field: Any, definitions: Mapping[str, Any]) -> str:
    """A type as one would say it; a pattern is no prose, so it is set apart."""
    said = type_word(field, definitions)
    for pattern in _patterns(field):
        said = said.replace(f"string like {pattern}", _SAID.get(pattern, f"text like `{pattern}`"))
    return said


def _patterns(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for name, inner in schema.items():
            if name == "pattern" and isinstance(inner, str):
                yield inner
            yield from _patterns(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _patterns(inner)


def _manifest(package: str) -> Manifest:
    path = Path(import_module(package).__path__[0]) / FILE
    manifest, findings = read_manifest(path.read_bytes(), str(path))
    if manifest is None:
        raise ValueError(f"{path}: {findings}")
    return manifest


def _class_of(import_path: str) -> type:
    module, _, name = import_path.partition(":")
    found: type = getattr(import_module(module), name)
    return found


# -- text -------------------------------------------------------------------------------------------------------


def _comments(cls: type) -> dict[str, str]:
    """Field -> the comment behind it; what a dataclass has no other place for."""
    source = textwrap.dedent(inspect.getsource(cls))
    tokens = tokenize.generate_tokens(StringIO(source).readline)
    comments = {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
    made = ast.parse(source).body[0]
    assert isinstance(made, ast.ClassDef)
    lines: dict[str, int | None] = {}
    for item in made.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            lines[item.target.id] = item.end_lineno
        elif isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
            lines[item.targets[0].id] = item.end_lineno
    return {name: comments[line] for name, line in lines.items() if line in comments}


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _needed(required: bool) -> str:
    return "required" if required else ""


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# -- pages ------------------------------------------------------------------------------------------------------

REGIONS: dict[str, Callable[[], str]] = {
    "top": top,
    "node": node,
    "link": link,
    "channel": channel,
    "modes": modes,
    "settings": settings,
    "features": features,
    "policy top": policy_top,
    "policy rule": policy_rule,
    "policy use": policy_use,
    "policy settings": policy_settings,
    "failure keys": failure_keys,
    "policy layers": policy_layers,
    "asked where": asked_where,
    "profile top": profile_top,
    "profile settings": profile_settings,
    "built in profiles": built_in_profiles,
    "precedence": precedence,
    "exit codes": exit_codes,
    "failpoints": failpoints,
    "commands": commands,
    "gate commands": gate_commands,
    "gate formats": gate_formats,
    "waiver": waiver,
    "compat commands": compat_commands,
    "compat axes": compat_axes,
    "trust commands": trust_commands,
    "trust policy": trust_keys("policy"),
    "trust root": trust_keys("trust"),
    "trust identity": trust_keys("identity"),
    "trust pack": trust_keys("pack"),
    "trust deny": trust_keys("deny"),
    "trust case": trust_keys("case"),
    "trust allow": trust_allow,
    "denied kinds": denied_kinds,
    "hooks": hooks,
    "admission": admission_hook,
    "observer": observer,
    "codes": codes,
    "standard nodes": standard_nodes,
    "standard policies": standard_policies,
}
_REGION = re.compile(r"(<!-- generated: ([a-z ]+) -->\n).*?(<!-- end of \2 -->)", re.DOTALL)


def renewed(text: str) -> str:
    """The text of a page with all its generated parts as the code makes them now."""
    return _REGION.sub(lambda found: f"{found[1]}\n{REGIONS[found[2]]()}\n\n{found[3]}", text)


def outdated(pages: Iterable[Path]) -> list[Path]:
    """The pages that are out of step with the code."""
    return [page for page in pages if page.read_text("utf-8") != renewed(page.read_text("utf-8"))]


def pages() -> list[Path]:
    """Every page of the reference."""
    return sorted(PAGES.glob("*.md"))


def main() -> int:
    """Write the pages, or tell which are out of step."""
    parser = argparse.ArgumentParser(description="Write the generated parts of the reference.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is out of step")
    check = parser.parse_args().check
    found = outdated(pages())
    for page in found:
        sys.stdout.write(f"{page}: {'out of step; run `python docs/generate.py`' if check else 'written'}\n")
        if not check:
            page.write_text(renewed(page.read_text("utf-8")), "utf-8")
    return int(check and bool(found))


if __name__ == "__main__":
    raise SystemExit(main())
