"""The options of a run that let others see how it goes.

Takes:   what stands on the command line.
Gives:   `watched`, the options; `Watching`, which carries them out.
Ignores: what is shown (`_watching/`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from penstock.cli.files import look_ahead, write_whole
from penstock_findings import PenstockError
from penstock_findings.fact import Fact

if TYPE_CHECKING:
    from penstock._engine.driver import Driver
    from penstock._watching.snapshot import Watch
    from penstock.running import RunReport


class CannotWatch(PenstockError):
    """What was asked to be shown cannot be: something is not installed, or an address cannot be had."""

    code = "R404"
    exit_code = 2


class Watching(Fact):
    """What stands on the command line."""

    metrics: str | None = None
    otlp: str | None = None
    log_format: str = "text"
    report: str | None = None

    @contextmanager
    def while_running(self, graph: str) -> Iterator[Watch | None]:
        """Show what is to be shown; gives what has to be told of the driver, if anything."""
        look_ahead(self.report)
        with ExitStack() as stack:
            if self.log_format == "json":
                from penstock._watching.logs import as_lines

                stack.enter_context(as_lines(graph=graph))
            if self.metrics is None and self.otlp is None:
                yield None
                return
            from penstock._watching.snapshot import Watch

            watch = Watch(graph)
            if self.metrics is not None:
                stack.enter_context(_metrics(watch, self.metrics))
            if self.otlp is not None:
                stack.enter_context(_otlp(watch, self.otlp, graph))
            yield watch

    def write(self, report: RunReport) -> None:
        """The report, to its file."""
        if self.report is not None:
            write_whole(self.report, [json.dumps(report.as_json(), indent=2, sort_keys=True).encode() + b"\n"])

    def write_failed(self, driver: Driver, seconds: float) -> None:
        """That of a run that has failed, as far as its store can be asked; what made it fail is what will be told."""
        if self.report is not None:
            from penstock.running import report

            with suppress(Exception):
                self.write(report(driver, "failed", seconds))


@contextmanager
def _metrics(watch: Watch, address: str) -> Iterator[None]:
    host, _, port = address.rpartition(":")
    host = host[1:-1] if host[:1] + host[-1:] == "[]" else host or "127.0.0.1"
    if not (port.isascii() and port.isdecimal()) or int(port) > 65535:
        raise CannotWatch(f"`{address}` is no address", hint="write a port, or HOST:PORT, such as 127.0.0.1:9464")
    try:
        from penstock._watching.prometheus import served
    except ImportError as error:
        raise CannotWatch(
            f"no metrics here: {error}", hint="install the extra: `pip install 'penstock[metrics]'`"
        ) from error
    with ExitStack() as stack:
        try:
            bound = stack.enter_context(served(watch, host, int(port)))
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or error
            raise CannotWatch(f"metrics cannot be served at {address}: {why}", hint="choose another port") from error
        click.echo(f"metrics: http://{f'[{host}]' if ':' in host else host}:{bound}/metrics", err=True)
        yield


@contextmanager
def _otlp(watch: Watch, url: str, graph: str) -> Iterator[None]:
    if not url.startswith(("http://", "https://")):
        raise CannotWatch(f"`{url}` is no URL", hint="write that of a collector: http://127.0.0.1:4318/v1/metrics")
    try:
        from penstock._watching.otlp import pushed
    except ImportError as error:
        raise CannotWatch(f"no OTLP here: {error}", hint="install the extra: `pip install 'penstock[otlp]'`") from error
    with pushed(watch, url, graph):
        yield


def watched(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options; the command is handed them as `watching`."""

    @click.option(
        "--metrics",
        metavar="[HOST:]PORT",
        help="Serve metrics for Prometheus here; the host is 127.0.0.1 unless given.",
    )
    @click.option("--otlp", metavar="URL", help="Push metrics to this collector, over OTLP and HTTP.")
    @click.option(
        "--log-format",
        type=click.Choice(("text", "json")),
        default="text",
        show_default=True,
        help="How logs are written to standard error.",
    )
    @click.option(
        "--report", type=click.Path(dir_okay=False), help="Write the report of the run to this file, as JSON."
    )
    @wraps(command)
    def asked(
        *words: Any, metrics: str | None, otlp: str | None, log_format: str, report: str | None, **more: Any
    ) -> Any:
        return command(*words, watching=Watching(metrics, otlp, log_format, report), **more)

    return asked
