"""`datatier`, the command line: parse, call, render."""
