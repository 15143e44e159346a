"""What the comparisons of the runtime with its peers share: the payloads, our graphs, turns and verdicts."""
