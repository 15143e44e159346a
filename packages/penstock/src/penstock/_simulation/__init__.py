"""Play a graph while things go wrong on schedule, and find the shortest schedule that shows a fault."""
