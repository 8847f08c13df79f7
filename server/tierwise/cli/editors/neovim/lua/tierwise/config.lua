--- The options, as the user set them over the defaults. Owner of nothing else.
local M = {}

--- `tierwise setup neovim --write` leaves beside this file how the server is started here.
local installed, start = pcall(require, 'tierwise.installed')

M.options = {
  cmd = installed and start.cmd or { 'tierwise', 'serve' },
  cmd_env = nil,
  filetypes = {
    'python', 'javascript', 'javascriptreact', 'typescript', 'typescriptreact', 'go', 'rust', 'java',
    'c', 'cpp', 'cs', 'kotlin', 'swift', 'scala', 'php', 'ruby', 'sh', 'bash', 'lua', 'sql', 'haskell',
    'elixir', 'dart', 'zig', 'css', 'scss', 'html', 'vue', 'svelte', 'yaml', 'toml',
  },
  root_markers = { '.tierwise.toml', '.git' },
  settings = {},
  ghost_text = true,
  next_edits = true,
  keys = {
    accept = '<Tab>',
    accept_word = '<M-Right>',
    accept_line = '<M-C-Right>',
    next = '<M-]>',
    previous = '<M-[>',
    next_edit = '<Tab>',
  },
  answer = 'split',
}

local KINDS = {
  cmd = 'table',
  cmd_env = 'table',
  filetypes = 'table',
  root_markers = 'table',
  settings = 'table',
  ghost_text = 'boolean',
  next_edits = 'boolean',
  keys = 'table',
  answer = 'string',
}

--- Lay the user's options over what holds now. An option that does not exist is an error: it would be without effect.
function M.set(options)
  for name, value in pairs(options) do
    if KINDS[name] == nil then
      error(('tierwise: there is no option %q; see :help tierwise-options'):format(name), 3)
    elseif type(value) ~= KINDS[name] then
      error(('tierwise: the option %q must be a %s'):format(name, KINDS[name]), 3)
    elseif name == 'answer' and value ~= 'split' and value ~= 'float' then
      error('tierwise: the option "answer" is "split" or "float"', 3)
    elseif name == 'keys' then
      M.options.keys = vim.tbl_extend('force', M.options.keys, value)
    else
      M.options[name] = value
    end
  end
end

--- The program and its arguments for another verb of the command line, such as "queue".
function M.command_line(arguments)
  local words = vim.deepcopy(M.options.cmd)
  if words[#words] == '--stdio' then
    words[#words] = nil
  end
  if words[#words] == 'serve' then
    words[#words] = nil
  end
  vim.list_extend(words, arguments)
  return words
end

return M
