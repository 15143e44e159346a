"""The promise to authors: what the SDK lets packs use, recorded for each of its versions, and held against both sides.

    python -m penstock.surface            tell how the code differs from what is recorded of its version
    python -m penstock.surface --write    record it

A table of contents; the rooms are imported where they are needed.
"""
