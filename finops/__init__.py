"""What runs on your machine: the CLI, and the embedded AWS that the CLI and the tests start."""
