"""Media at the edge: uploads as they arrive, pictures drawn anew, bytes handed out."""
