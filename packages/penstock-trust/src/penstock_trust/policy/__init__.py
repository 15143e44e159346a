"""What a site accepts: the policy file, and everything that is decided from it alone."""
