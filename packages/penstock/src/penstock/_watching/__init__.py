"""Let others see how a run goes: metrics, and logs for programs. Nothing here is on the way of a record."""
