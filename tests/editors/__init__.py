"""Stories played in real editors. A package, so that its conftest stands beside those of the other folders."""
