"""What each code of the compatibility matrix means: one page for each, which `penstock explain` prints."""
