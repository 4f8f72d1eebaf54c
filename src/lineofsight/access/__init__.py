"""Who may see what and why, and who looked.

One policy decides (`policy.decide`), every deed and every read passes it, and every look, change and
refusal leaves a row in the ledger. Deny by default: a question that no rule answers is a no.
"""
