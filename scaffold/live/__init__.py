"""What is live, read and put into an application's words: one module for each thing that is read, and one that judges.

Nothing on a server is changed, and nothing here is written to a file.
"""
