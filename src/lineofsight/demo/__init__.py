"""An invented partnership: a city with families, agencies and the files that those agencies send.

Everything here is made up, and the same seed makes the same city. `generation.generate` writes the files
and nothing else, so that they come in through the same door as any agency's.
"""
