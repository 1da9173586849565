"""The edges of safety: reporting, the operator's desk, one's own data, the screen before the chat."""
