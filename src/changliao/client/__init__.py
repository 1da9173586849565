"""What the browser loads: HTML, CSS, ES modules and pictures. No code runs here, and there is no build step."""
