"""Where the program touches the world without Scrapy: PostgreSQL, files, the browser's place, submissions."""
