"""Entrances at the edge: what people open, what partners ask for and trade, what the operator decides."""
