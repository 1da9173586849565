"""What the browser loads: HTML, CSS, ES modules, pictures. No code runs here; there is no build step."""
