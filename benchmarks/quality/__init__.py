"""The recommender beside its parts, its ablations and the strong simple systems, on one split and in one run.

    make bench-quality                            everything
    make bench-quality SYSTEMS=stack,lightgbm     some of it

journey       the candidates of the Complete Journey, split by `benchmarks.protocol`, and their features, kept on disk
systems       every system by name, and how it is run
family        the stack and its ablations, which share what they do not change
ablations     the stack without one of its pieces
peers         what a practitioner would use instead, on the same features
networks      the plain network that such work begins with
one           one system with one seed in a process of its own, so that time and memory are its own
measures      metrics with intervals, paired differences, calibration
cold          shoppers, coupons, products and categories that training has not seen
hidden        a new shopper, simulated
tables        the result as Markdown
plots         learning curves, reliability and ROC as pictures
search        a search over settings on the validation campaigns
"""
