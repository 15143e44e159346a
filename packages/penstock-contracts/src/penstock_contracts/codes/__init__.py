"""What each code of the contract gate means: one page for each, which `penstock explain` prints."""
