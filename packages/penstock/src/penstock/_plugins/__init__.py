"""Packs: how they are found, asked for admission, imported and asked for hooks.

`discovery` finds them without importing any; `loading` imports; `specs` lists every hook on one screen.
"""
