"""Reads an account: the only place here that asks AWS, by calls that only read (`account.reader`)."""
