"""What each code of the trust tools means: one page for each, which `penstock explain` prints."""
