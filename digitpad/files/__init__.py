"""Files from anywhere, read within limits, and files that survive a crash while they are written.

In: a path. Out: its bytes, at most so many of a regular file only; or a whole new file on the disk.
"""
