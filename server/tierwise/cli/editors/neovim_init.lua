-- Tierwise for Neovim 0.7 and later. Add the two lines below to @INIT@.
-- Or run `tierwise setup neovim --write`: it copies the plugin to where Neovim looks, and no line is needed.
--
-- Neovim 0.12 shows ghost text (Tab accepts it); earlier ones have it in their completion menu (CTRL-X CTRL-O).
-- All have rename (grn), code actions (gra) and :Tierwise explain, edit, review, rename, status, queue, report.
-- Then: :checkhealth tierwise and :help tierwise
vim.opt.runtimepath:append(@FOLDER@)
require('tierwise').setup({ cmd = { @COMMAND@ } })
