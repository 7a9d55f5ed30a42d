"""How an application or a person logs in: whose credential it is, and the form in which each library reads it."""
