"""How the hotline runs: settings, secrets, database, urls, asgi."""
