"""What a crash would lose, kept on the disk for the next start: the page, and unsaved training.

In: the session's changes. Out: files in the user's folder, and at the next start the session again.
"""
