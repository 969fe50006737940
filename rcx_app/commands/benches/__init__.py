"""The benchmarks of `rcx bench`, one a file: each measures RCX and a named reference in one run, on one machine."""
