"""How a drill is made from a seed (`numbers`), asked (`questions`) and judged (`answers`)."""
