"""The pages: views show what selectors return, and forms call services. They do not decide."""
