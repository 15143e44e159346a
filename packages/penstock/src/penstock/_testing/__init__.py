"""The rooms behind `penstock.testing`: crashes, snapshots, builders, and what a class declares."""
