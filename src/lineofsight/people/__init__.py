"""Children, adults and families as the agencies know them: is this the same person?

Each agency's own record of someone is a source identity. Judgements join identities; a person is what
the judgements form. Nothing is ever rewritten by a merge or a split: everything hangs on identities.
"""
