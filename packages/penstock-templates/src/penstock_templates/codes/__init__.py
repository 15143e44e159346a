"""What each code of the templates means: one page for each, which `penstock explain` prints."""
