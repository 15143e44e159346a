"""The engine: compile a graph, carry records through it, commit each step.  Enter through `penstock.running`."""
