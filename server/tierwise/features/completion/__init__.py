"""Ghost text: gate, reuse, newest wins, budget, shape."""
