"""Run the cells of a plan, several at once, and give each a result, whatever happens to the others.

Takes:   a plan, an engine, a ledger, wishes.
Gives:   `run`: `Results`; `told` after each cell, for a progress display.
Ignores: how one cell is run (`cell`) and what its outcome means (`judgement`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from penstock_compat.facts import Cause, Cell, Failure, Plan, Result, Results, Rung, State
from penstock_compat.made_by import MADE_BY
from penstock_compat.outcome import RawOutcome
from penstock_compat.run.cell import Prepared, perform, prepare
from penstock_compat.run.child import begin_all, end_all, is_stopping
from penstock_compat.run.control import control_of
from penstock_compat.run.engine import Engine
from penstock_compat.run.judgement import attributed, forejudged, not_meant, result_of
from penstock_compat.run.ledger import Ledger
from penstock_compat.run.workshop import Wishes, Workshop, opened

Told = Callable[[Result, bool], None]  # a cell's result, and whether it was known before


def run(
    plan: Plan,
    engine: Engine,
    ledger: Ledger,
    *,
    folder: str,
    wishes: Wishes | None = None,
    told: Told | None = None,
) -> Results:
    """The results of every cell of the plan, in its order. `folder` is where wheels and trees are kept."""
    with opened(plan, engine, ledger, folder, wishes) as shop:
        found = _all(plan.cells, shop, told or (lambda result, known: None))
        return Results(MADE_BY, tuple(with_causes(found, plan, shop.controls)))


def _all(cells: Sequence[Cell], shop: Workshop, told: Told) -> dict[Cell, Result]:
    found: dict[Cell, Result] = {}
    waiting = _scattered(cells)
    running: dict[Future[tuple[Result, bool]], Cell] = {}
    pool = ThreadPoolExecutor(max(1, shop.wishes.jobs), thread_name_prefix="cell")
    try:
        for cell in waiting:
            running[pool.submit(_one, cell, shop)] = cell
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                cell = running.pop(future)
                found[cell], known = future.result()
                told(found[cell], known)
    except BaseException:
        end_all()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        begin_all()
    shop.ledger.keep_seconds({cell.id: one.evidence.seconds for cell, one in found.items() if one.evidence})
    return {cell: found[cell] for cell in cells}


def _scattered(cells: Iterable[Cell]) -> list[Cell]:
    """Neighbours with different interpreters: what is unpacked for one is not waited for by the next."""
    return sorted(cells, key=lambda cell: (cell.deps, cell.pack, cell.core, cell.python))


def _one(cell: Cell, shop: Workshop) -> tuple[Result, bool]:
    """The result of one cell, and whether it was known. Nothing that happens in a cell leaves it."""
    try:
        return _tried(cell, shop)
    except Exception as error:  # our own mistake must not cost the other cells
        from traceback import format_exc

        why = f"penstock-compat failed itself: {type(error).__name__}: {error}"
        failure = Failure("unknown", why, {"traceback": format_exc()})
        return Result(
            cell, State.UNKNOWN, Cause.UNKNOWN, Rung.UNKNOWN, None, failure, (why,), shop.wishes.origin
        ), False


def prepare_all(shop: Workshop) -> Iterable[Prepared | Result]:
    """Each cell of the plan, prepared, or its result where it comes to nothing before it is installed."""
    for cell in shop.plan.cells:
        yield _prepared(cell, shop)


def _prepared(cell: Cell, shop: Workshop) -> Prepared | Result:
    wishes = shop.wishes
    early = shop.elsewhere(cell) or not_meant(cell, shop.plan.recipes[cell.pack], wishes.origin)
    if early is not None:
        return early
    python = shop.python(cell.python)
    if python is None:
        why = f"this machine has no interpreter for Python {cell.python}"
        failure = Failure("environment", why)
        return Result(cell, State.UNKNOWN, Cause.ENVIRONMENT, Rung.UNKNOWN, None, failure, (why,), wishes.origin)
    ready = prepare(cell, shop, python)
    if isinstance(ready, RawOutcome):
        return result_of(cell, ready, None, shop.plan.core, wishes.by, wishes.origin)
    return ready


def _tried(cell: Cell, shop: Workshop) -> tuple[Result, bool]:
    wishes = shop.wishes
    ready = _prepared(cell, shop)
    if isinstance(ready, Result):
        return ready, False
    known = None if wishes.anew else shop.ledger.result(ready.key)
    if known is not None and not (wishes.again and known.state is not State.PASSED):
        return _controlled(known, ready, shop), True
    foreseen = None if wishes.anyway else _foreseen(ready, shop)
    if foreseen is not None:
        return foreseen, False
    raw = perform(ready, shop)
    result = result_of(cell, raw, ready, shop.plan.core, wishes.by, wishes.origin)
    if raw.stage in ("import", "test") and _is_lasting(result, wishes):
        shop.ledger.keep_result(ready.key, result)
    return _controlled(result, ready, shop), False


def _is_lasting(result: Result, wishes: Wishes) -> bool:
    """Whether the same would come out again: not when we ended it, nor when only this run was so impatient."""
    hurried = result.state is State.TIMEOUT and bool(wishes.timeout)
    return result.state is not State.UNKNOWN and not hurried and not is_stopping()


def _controlled(result: Result, ready: Prepared, shop: Workshop) -> Result:
    """The result, once a control was tried where it did not pass, unless the plan has a control pack of its own."""
    failed = result.state in (State.FAILED, State.CRASHED, State.TIMEOUT)
    if failed and ready.cell.pack not in shop.plan.controls:
        control = control_of(ready, shop)
        if control is not None:
            shop.controls[ready.cell] = control
    return result


def _foreseen(ready: Prepared, shop: Workshop) -> Result | None:
    cell, core = ready.cell, shop.plan.core
    there = [path for name, version, path in shop.offer.wheels if name == core and version == cell.core]
    return forejudged(cell, ready.recipe.source, there[0] if there else None, core, shop.wishes.origin)


def with_causes(
    found: Mapping[Cell, Result], plan: Plan, controls: Mapping[Cell, Result] | None = None
) -> Iterable[Result]:
    """Each result with whom to ask: what came out of the others, and of its control, tells what makes the difference."""
    for cell, result in found.items():
        if result.cause is Cause.UNKNOWN:
            own = (controls or {}).get(cell)
            others = [other for one, other in found.items() if one != cell] + ([own] if own else [])
            control = plan.controls.get(cell.pack, own.cell.pack if own else "")
            yield attributed(result, others, plan.core, control)
        else:
            yield result
