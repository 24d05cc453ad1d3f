"""The recommender's HTTP interface: views parse and answer, services write, selectors read."""
