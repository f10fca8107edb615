"""Finding out how an API works from what was seen of it: calls in a browser, code, documents and answers to probes."""
