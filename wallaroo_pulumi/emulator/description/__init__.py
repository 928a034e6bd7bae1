"""The API description: the landing page, the browser page with a login, and a document with examples that work."""
