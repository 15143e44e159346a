"""The channel kinds of this pack, one file each."""
