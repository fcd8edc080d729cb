"""The workstation: plan, treat, record and follow up in a browser. Everything it does is a call in the library."""
