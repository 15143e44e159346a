"""Run exactly the bytes that were hashed: what stands between an `import` and the files of a pack.

`modules` says which file is which module, `source` reads them, `code` keeps what was compiled of them, `governed` joins
these for one pack, `finder` answers Python's import, `resources` answers `importlib.resources`.
"""
