"""What can be compared: files, folders, packs, graphs, and where older versions of them are found.

`subjects.open.open_subject` takes what people write on a command line; the other rooms know one kind each.
"""
