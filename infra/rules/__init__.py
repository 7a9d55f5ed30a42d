"""Rules between the settings of a stack: what AWS would refuse, or accept and regret. Pure functions."""
