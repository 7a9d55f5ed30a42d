"""What each change of a stack does to those who use it: rules as data, judged without an account."""
