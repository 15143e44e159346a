"""The policy types of this pack, one file each."""
