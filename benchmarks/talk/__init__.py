"""People who talk, for `benchmarks.chat`: here and at other servers."""
