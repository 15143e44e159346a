"""{{ cookiecutter.id }}: keep the records of a graph where nobody else can look."""

from collections.abc import Sequence
from pathlib import Path

from penstock import channel_kind
from penstock.stores import ChannelSpec, SqliteStore, StoreError


@channel_kind("{{ cookiecutter.id }}", ack=("power", "process"))
class {{ cookiecutter.cls }}(SqliteStore):
    """Keep records in a folder that only its owner can look into.

    Place: a directory, as `--store` names it; one for each graph.
    Gives: power (the disk has it) and process (the system has it).
    Notes: the folder becomes private each time it is opened, so also when it was copied from elsewhere.
    """

    def __init__(self, place: str, *, ack: str) -> None:
        super().__init__(place, ack=ack)
        self._private = Path(place)

    def open(self, graph: str, channels: Sequence[ChannelSpec]) -> None:
        """Make the folder, close it to others, and go on as the store of Penstock does."""
        try:
            self._private.mkdir(parents=True, exist_ok=True)
            self._private.chmod(0o700)
        except OSError as error:
            raise StoreError(f"`{self._private}` cannot be made private: {error.strerror}", code="S101") from error
        super().open(graph, channels)
