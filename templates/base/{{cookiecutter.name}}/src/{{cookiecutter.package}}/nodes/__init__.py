"""The node types of this pack, one file each."""
