"""What the decisions are worth: uplift, allocation, off-policy estimates, experiments, profit; one module each."""
