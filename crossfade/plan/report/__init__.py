"""What the page for everybody says: from what was read of the journal to sections of plain text.

How it looks is an adapter's affair.
"""
