"""A Vendure shop in a process of its own, and a platform behind a real socket."""
