"""Bitbucket's REST contract, reduced to what the tests check: operations, parameters, fields and their types."""
