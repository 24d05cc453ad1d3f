"""A policy as pure functions on arrays: candidates in, a slate out, and for each candidate the rule that removed it.

- `removals`   the rules' stable codes and numbers, and what each means in words
- `terms`      a policy version compiled: plain values, made once per process and version
- `candidates` what is known of each coupon that may be shown, as parallel arrays
- `stages`     apply_policy: the stages one after the other, exact propensities of each place
- `value`      what showing a coupon is worth: response times what a use earns, budgets at their price

NumPy alone and no Django: the worker, the read path and the preview in the admin run the same functions.
Each rule is defined in prose, with its guarantees, in docs/policy.md.
"""
