"""The project's own ``scrapy`` commands, with honest exit codes."""
