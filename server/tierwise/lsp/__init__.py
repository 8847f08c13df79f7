"""The only room that speaks LSP: transport, first answer, conversion, handlers."""
