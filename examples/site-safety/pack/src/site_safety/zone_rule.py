"""Decide whether a detection is an event: somebody stands where they should not.

Takes:   detections of cameras, zones as polygons.
Gives:   `ZoneRule`.
Ignores: how often the same thing is told; a cooldown behind it sees to that.
"""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta, Struct, to_builtins

from penstock import Context, In, Out, Record, node


class Detection(Struct, rename={"class_": "class"}):
    """One object in one picture, as a camera tells it; cameras may tell more."""

    id: str
    time: str
    camera: str
    class_: str
    confidence: float
    bbox: tuple[float, float, float, float]  # left, top, width, height as shares of the picture
    track_id: str | None = None
    severity: str | None = None  # some cameras judge for themselves


class Event(Struct, rename={"class_": "class"}):
    """Somebody or something stands where it must not."""

    id: str
    time: str
    camera: str
    zone: str
    class_: str
    severity: str
    confidence: float
    track_id: str | None


class Zone(TypedDict):
    """A part of a camera's picture, and how bad it is to find each class of object in it."""

    id: str
    camera: str
    polygon: list[tuple[float, float]]  # corners in order, as shares of the picture's width and height
    severity: dict[str, str]  # class -> severity; other classes may be there


@node("zone-rule")
class ZoneRule:
    """Make an event of each detection that stands in a zone where its class must not be.

    Ports:   in -> out, 0 or 1 event for each detection, order kept; the key is the camera.
    State:   none.
    Effects: none, so replay may run it again.
    Errors:  a payload that is no detection breaks the contract of the port and is a dead letter at once.
    Notes:   a thing stands where the middle of the lower edge of its box is. A severity that the camera has set itself
             goes before the zone's.
    """

    in_: In[Detection]
    out: Out[Event]

    zones: list[Zone]
    min_confidence: Annotated[float, Meta(ge=0, le=1)] = 0.5

    def __post_init__(self) -> None:
        self._zones: dict[str, list[Zone]] = {}
        for zone in self.zones:
            self._zones.setdefault(zone["camera"], []).append(zone)

    def process(self, record: Record, ctx: Context) -> Record | None:
        """Judge one detection."""
        seen = record.into(Detection)
        if seen.confidence < self.min_confidence:
            return None
        left, top, width, height = seen.bbox
        for zone in self._zones.get(seen.camera, ()):
            severity = zone["severity"].get(seen.class_)
            if severity is not None and inside(left + width / 2, top + height, zone["polygon"]):
                event = Event(
                    seen.id,
                    seen.time,
                    seen.camera,
                    zone["id"],
                    seen.class_,
                    seen.severity or severity,
                    seen.confidence,
                    seen.track_id,
                )
                return record.derive(to_builtins(event), key=seen.camera)
        return None


def inside(x: float, y: float, polygon: list[tuple[float, float]]) -> bool:
    """Whether a point lies in a polygon: a ray from it crosses an odd number of edges.

    Source: W. R. Franklin, PNPOLY. Points on an edge belong to one of the two sides.

    >>> inside(0.5, 0.5, [(0, 0), (1, 0), (1, 1), (0, 1)])
    True
    >>> inside(1.5, 0.5, [(0, 0), (1, 0), (1, 1), (0, 1)])
    False
    """
    crossings = False
    before_x, before_y = polygon[-1]
    for corner_x, corner_y in polygon:
        if (corner_y > y) != (before_y > y) and x < (before_x - corner_x) * (y - corner_y) / (
            before_y - corner_y
        ) + corner_x:
            crossings = not crossings
        before_x, before_y = corner_x, corner_y
    return crossings
