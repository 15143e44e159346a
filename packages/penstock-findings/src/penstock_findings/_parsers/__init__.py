"""Texts to values with places: one module for each language, each with `parse(data, path, limit) -> Parsed`.

Pure: no disk, no network. Imported only by `load`, and only the language in need.
"""
