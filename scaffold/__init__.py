"""An application's folder as data: what `datatier init` writes, from nothing or from what is live."""
