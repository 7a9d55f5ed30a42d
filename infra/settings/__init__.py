"""The settings of a stack: the keys of its file, their types, the profiles, and what is said of a wrong one."""
