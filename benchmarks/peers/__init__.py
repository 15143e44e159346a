"""Who we compare ourselves with, each used as its documentation shows and set to be as safe as what it is compared with."""
