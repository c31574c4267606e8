"""What the database knows of the secret files: on which it rests, and how to tell them from others.

A secret is made and noted in a moment when nothing rests on it: all of a hotline with its tables,
and a further key of the log when the log is handed over to it. So an empty folder, as of a disk
that is not mounted, or another hotline's, is never taken for that of a new hotline.
"""
