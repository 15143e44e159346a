"""What the codes of the core mean: one page for each, read by `penstock explain` and never imported."""
