"""The worker half: strings the stages of the pipeline together. Imported inside tasks and commands only."""
