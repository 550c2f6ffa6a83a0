"""From a project and what AWS has to a plan, and from the plan to what is running; and back to nothing.

    stack       the resources of a stage, in the order of their needs
    planner     holds the stack against AWS: what to create, update, replace, keep, and what it costs
    preflight   what has to be right before anything billable exists
    executor    applies a plan, independent branches side by side, every write on record before and after
    leaving     what is said to who leaves before the end
    state       that record, .sentiment/STAGE/state.json: a journal, never the truth
    verify      the endpoint's and the API's answers, held against local ones
    teardown    everything of a stage, also with the record lost; looks again

AWS is the truth: whatever is done here begins with asking it.
"""
