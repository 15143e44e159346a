"""Look after stores: how full they are, whether they are sound, make them smaller, carry them elsewhere."""
