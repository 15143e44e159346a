"""Policy files: read, checked and composed, without importing a pack; only a run builds what they name.

`load` reads files and says everything that is wrong with them; `compose` decides what holds where, and why;
`bind` makes the set that a run is handed.
"""
