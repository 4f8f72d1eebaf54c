"""Settings, addresses and start-up: the top floor, which sees every room."""
