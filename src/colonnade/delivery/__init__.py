"""Shot file, virtual laser, delivery log, treatment: what a machine would fire, and what one did."""
