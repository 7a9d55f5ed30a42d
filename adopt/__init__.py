"""A data tier that runs already becomes a stack: read, declared, imported, and nothing in it notices.

Flow: the account -> `estate` (what is there, as AWS describes it) -> `refusals` (what cannot be taken, and the way) and
`settings` (the stack's file) -> the program, offline -> `match` (what is declared and there) over `live` (what the
provider's Read says of it) -> `report`, the import file, and the way back. Only `reading` asks AWS, and it only reads.
"""
