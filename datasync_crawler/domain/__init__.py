"""What the program knows: pure values and rules, without input or output, clock, logging or async."""
