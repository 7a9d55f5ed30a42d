"""What the pipeline has to decide and to say: which stacks a change concerns, comments, issues, how to go on."""
