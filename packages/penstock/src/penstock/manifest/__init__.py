"""The pack manifest, `penstock-pack.json`: what a pack offers, readable by every tool without importing the pack.

`model` says what it is, `read` reads it, `lock` compiles it from code and tells drift, `build` makes nodes of classes.
"""
