"""Where a value that a server reports begins to be trouble: one threshold for commands, metrics and alarms.

A fact that CloudWatch watches too has the numbers and words of its alarm (`knowledge.alarms`);
any other has its own here.
"""
