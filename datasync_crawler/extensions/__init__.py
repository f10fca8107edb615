"""What runs beside the crawl: the view of it, and all the ways that the view is drawn."""
