-- How the server is started. Neovim 0.11 and later read this file by themselves; what you set with
-- vim.lsp.config('tierwise', {...}) goes over it.
return require('tierwise.server').config()
