"""Profiles: named settings of a run, and the policy files that go with them. They cannot add nodes or change code.

`load` finds a profile and those that it inherits from, and says everything that is wrong with them; `resolve` decides
which setting holds, and where it was said; `explain` tells it, policies included; `built_in` holds the three that come with Penstock.
"""
