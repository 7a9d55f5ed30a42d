"""What runs out when, and what to do: samples over time, a robust fit, a projection with how sure it is."""
