"""Graph files: read, checked, built and drawn, without importing a pack.

`load` reads a file and says everything that is wrong with it; `model` holds the graph that comes out;
`show` draws it; `checks` has one question to a file.
"""
