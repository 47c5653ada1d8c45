"""Reductions and scans."""

from reference import Family, numbers

family = Family("reduction")
x = numbers(3, 4, 2)
family.add("sum dim 1", lambda x: x.sum(1), x)
family.add("amax dims 0 and 2", lambda x: x.amax((0, 2)), x)
family.write()
