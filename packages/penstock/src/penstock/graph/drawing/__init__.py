"""Pictures of graphs: what is drawn (`sketch`), where it goes (`layout`), and the languages that say so.

Ignores: files; `show` chooses a language and hands a text back.
"""
