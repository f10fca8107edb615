"""What runs beside the crawl: progress, and what watches over it."""
