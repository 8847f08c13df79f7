"""The language model of JavaScript and TypeScript for renames by syntax."""
