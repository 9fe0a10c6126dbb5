"""How the bundled demonstrators are trained and measured."""
