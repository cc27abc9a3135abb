"""Questions about rules over their whole domain, and differences of two rule sets."""
