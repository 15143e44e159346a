"""Draw instances of a schema, for tests that want every kind of payload that a contract allows.

A table of contents. Needs hypothesis: `pip install penstock-contracts[hypothesis]`.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock_contracts.strategies.refusal import CannotDraw as CannotDraw
    from penstock_contracts.strategies.refusal import NoHypothesis as NoHypothesis
    from penstock_contracts.strategies.refusal import NoInstance as NoInstance
    from penstock_contracts.strategies.strategy import instances as instances

_WHERE = {"instances": "strategy", "CannotDraw": "refusal", "NoHypothesis": "refusal", "NoInstance": "refusal"}

__all__ = [*_WHERE]


def __getattr__(name: str) -> object:
    room = _WHERE.get(name)
    if room is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        module = import_module(f"{__name__}.{room}")
    except ModuleNotFoundError as error:
        if error.name != "hypothesis":
            raise
        from penstock_contracts.strategies.refusal import NoHypothesis

        raise NoHypothesis() from error
    found = globals()[name] = getattr(module, name)
    return found
