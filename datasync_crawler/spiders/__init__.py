"""The spiders say where to go next; what an answer means is decided below them."""
