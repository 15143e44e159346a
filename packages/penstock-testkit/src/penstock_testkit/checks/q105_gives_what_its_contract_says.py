"""Q105: a node gives a payload that its own output contract forbids.

Why: Whoever reads from the port was written, and checked, against the contract. In a graph the runtime refuses such a
payload and the input becomes a dead letter.
Bad:   a contract that says `"n": {"type": "integer"}`, and `record.derive({"n": value / 2})`.
Good:  `value // 2`, or a contract that says `number`.
"""

from __future__ import annotations

from jsonschema.validators import validator_for

from penstock.testing import NodeSpec
from penstock_testkit.drive import run, text
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject


def has_contract(spec: NodeSpec) -> bool:
    """A node with at least one output contract."""
    return any(port.contract or port.type for port in spec.outputs)


def examine(subject: Subject, port: str, records: Records) -> None:
    """Hold everything that comes out against the contract of its port."""
    ran = run(subject.make(), port, records, secrets=subject.secrets)
    for name, emitted in ran.emitted.items():
        schema = subject.schema(name, of_output=True)
        if schema is None:
            continue
        validator = validator_for(schema)(schema)
        for record in emitted:
            wrong = next(iter(validator.iter_errors(record.payload)), None)
            if wrong is not None:
                raise Broken(
                    f"output port `{name}` gives {text(record.payload)}, which its contract refuses at "
                    f"`{wrong.json_path}`: {wrong.message}",
                    hint="mend the node, or say in the contract what it gives",
                    records=records,
                )


CHECK = Check("Q105", "gives what its contract says", examine, asks=has_contract)
