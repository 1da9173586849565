"""The tests: rules, rooms, wire, conformance, sim, browser and house."""
