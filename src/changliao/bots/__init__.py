"""Bots: programs of partners that talk in groups, and what other systems post there.

A bot belongs to an app and sits in groups whose owner or admin let it in; it hears what calls it, or all
where that was allowed, and reads no more than it heard. Hooks let any system post a text. Gates are asked
before a message is written, within a time limit, outside the lane.
"""
