"""The steps that a wheel is taken through, one module each; their order is the design (`verify.STEPS`)."""
