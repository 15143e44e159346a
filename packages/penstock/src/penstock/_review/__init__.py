"""Ask of a pack what a reviewer would ask: the rooms behind `penstock pack check`."""
