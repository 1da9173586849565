"""Attempts on rails: what each answer does, doubt, late money, and the jobs that call rails."""
