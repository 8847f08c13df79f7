--- `:checkhealth tierwise`: what is there, what is missing, and what to do about it.
local compat = require('tierwise.compat')
local config = require('tierwise.config')

local M = {}

local function of_neovim(say)
  if vim.lsp.inline_completion then
    say.ok('This Neovim shows ghost text.')
  else
    say.info('Ghost text needs Neovim 0.12; here it stands in the completion menu (CTRL-X CTRL-O).')
  end
end

--- What the program prints, or nil.
local function output(words)
  local ran, text = pcall(vim.fn.system, words)
  return ran and vim.v.shell_error == 0 and vim.trim(text) or nil
end

local function of_server(say)
  local program = config.options.cmd[1]
  if vim.fn.executable(program) == 0 then
    say.error(('%s cannot be run.'):format(program), {
      'Install Tierwise and see that it is on the PATH that Neovim has, or name it:',
      "require('tierwise').setup({ cmd = { '/path/to/tierwise', 'serve' } })",
    })
    return
  end
  local version = output(config.command_line({ '--version' }))
  if not version then
    say.error(('%s --version fails.'):format(table.concat(config.command_line({}), ' ')))
    return
  end
  say.ok(('%s, started by: %s'):format(version, table.concat(config.options.cmd, ' ')))
  local found, installed = pcall(require, 'tierwise.installed')
  if found and not version:find(installed.version, 1, true) then
    say.warn(('These files are of version %s.'):format(installed.version), { 'Run: tierwise setup neovim --write' })
  end
end

local function of_clients(say)
  local clients = compat.all_clients()
  if #clients == 0 then
    say.info('The server does not run: no file that it serves is open, or it ended (:Tierwise log).')
    return
  end
  for _, client in ipairs(clients) do
    local buffers = vim.tbl_count(vim.tbl_filter(function(buffer)
      return vim.lsp.buf_is_attached(buffer, client.id)
    end, vim.api.nvim_list_bufs()))
    say.ok(('The server runs for %s and serves %d open file(s).'):format(
      client.config.root_dir or 'single files',
      buffers
    ))
  end
  local params = { command = 'tierwise.status', arguments = {} }
  local report
  compat.request(clients[1], 'workspace/executeCommand', params, function(_, result)
    report = result
  end, 0)
  if not vim.wait(3000, function()
    return report ~= nil
  end, 20) then
    say.warn('It has not told its status within 3 seconds.', { ':Tierwise log says what it does.' })
    return
  end
  for line in require('tierwise.status').markdown(report):gmatch('[^\n]+') do
    say.info((line:gsub('^[-#] ?', ''):gsub('%*%*', '')))
  end
  if #report.tiers.balanced.chain == 0 then
    say.info('No model explains or edits; `tierwise doctor` says what could.')
  end
end

local function of_keys(say)
  if not vim.lsp.inline_completion or not config.options.ghost_text then
    return
  end
  for _, name in ipairs({ 'accept', 'accept_word', 'accept_line', 'next', 'previous', 'next_edit' }) do
    local key = config.options.keys[name]
    local what = name:gsub('_', ' ')
    say.info(key and key ~= '' and ('%s: %s'):format(key, what) or ('no key: %s'):format(what))
  end
end

function M.check()
  local say = compat.health()
  say.start('Neovim')
  of_neovim(say)
  say.start('The server')
  of_server(say)
  of_clients(say)
  say.start('Keys for ghost text')
  of_keys(say)
end

return M
