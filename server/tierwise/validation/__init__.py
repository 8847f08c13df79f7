"""Whether an answer may be used: accept it, or reject it with a typed reason and evidence. Pure, touches nothing."""
