"""What each code of the standard nodes means: one page for each, which `penstock explain` prints."""
