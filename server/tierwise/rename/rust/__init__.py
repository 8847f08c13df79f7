"""The language model of Rust for renames by syntax."""
