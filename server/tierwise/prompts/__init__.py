"""Context to prompts: ordered blocks, stable first. Pure but for the packaged instructions, which are read once.

Nothing in a stable block may depend on the time, the cursor, chance or the order of a set: a byte that changes costs
the whole prefix behind it. Golden files in the tests hold the bytes.
"""
