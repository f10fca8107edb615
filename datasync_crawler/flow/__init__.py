"""How a run moves: lanes, budgets and shards over an injected clock; asyncio, no Scrapy, no SQL."""
