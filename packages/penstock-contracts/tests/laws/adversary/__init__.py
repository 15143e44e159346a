"""What the laws, the corpus, the planted bugs and the benchmark share: a judge, sampled instances, drawn schemas.

    judge     is this value an instance? the reference validator, made exact
    exact     JSON text with exact numbers, and equality as JSON means it
    sample    values that are likely to tell two schemas apart
    draw      schemas by chance
    edit      one thing of a schema changed, as releases do
    rewrite   the same schema in other words
    inquiry   one question to the engine, its answer judged

Nothing here knows how the engine works: it may only be asked.
"""
