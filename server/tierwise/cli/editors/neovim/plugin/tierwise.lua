-- Tierwise for Neovim: defines :Tierwise and starts the server with the first file that it serves.
if vim.g.loaded_tierwise then
  return
end
vim.g.loaded_tierwise = true

if vim.fn.has('nvim-0.7') == 0 then
  vim.api.nvim_err_writeln('Tierwise needs Neovim 0.7 or later.')
  return
end

require('tierwise.commands').define()
require('tierwise.life').start()
