"""Pages that gather from many rooms. Each asks queries and services, and draws what they answer."""
