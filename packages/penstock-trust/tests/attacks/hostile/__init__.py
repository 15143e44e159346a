"""Attacks, and what no attack is: the material that the tests, the fuzzer and the benchmark share."""
