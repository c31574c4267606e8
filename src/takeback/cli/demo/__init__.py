"""`takeback demo`: the whole way, headless, on harmless photographs."""
