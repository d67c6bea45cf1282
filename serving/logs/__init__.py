"""The five log layers, as a server writes them and as a replay reads them."""
