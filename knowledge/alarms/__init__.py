"""Alarms as data: what each watches, its threshold and its words; events, recipients, and the pages made from them."""
