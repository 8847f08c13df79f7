--- Ghost text: on Neovim 0.12 and later, by its own inline completion. Earlier ones have the same in their completion
--- menu, and nothing here concerns them.
local compat = require('tierwise.compat')
local config = require('tierwise.config')

local M = {}

local api = vim.api
local paused = false

local function map(buffer, name, description, action)
  local key = config.options.keys[name]
  if not key or key == '' then
    return
  end
  local before = vim.fn.maparg(key, 'i', false, true)
  if before.buffer == 1 then
    return -- the user's own for this buffer, or ours of an earlier client
  end
  vim.keymap.set('i', key, function()
    return action() and '' or require('tierwise.keys').otherwise(before, key)
  end, { [compat.buffer_key] = buffer, expr = true, desc = description })
end

--- Show ghost text in a buffer that Tierwise serves.
function M.attach(buffer)
  if not vim.lsp.inline_completion or not config.options.ghost_text then
    return
  end
  vim.lsp.inline_completion.enable(not paused, { bufnr = buffer })
  map(buffer, 'accept', 'Tierwise: accept the ghost text', M.accept)
  map(buffer, 'accept_word', 'Tierwise: accept a word of the ghost text', M.accept_word)
  map(buffer, 'accept_line', 'Tierwise: accept a line of the ghost text', M.accept_line)
  map(buffer, 'next', 'Tierwise: next ghost text', function()
    return M.select(1)
  end)
  map(buffer, 'previous', 'Tierwise: previous ghost text', function()
    return M.select(-1)
  end)
end

local function shown()
  local spaces = api.nvim_get_namespaces()['nvim.lsp.inline_completion']
  return spaces ~= nil and #api.nvim_buf_get_extmarks(0, spaces, 0, -1, { limit = 1 }) > 0
end

function M.accept()
  return vim.lsp.inline_completion ~= nil and shown() and vim.lsp.inline_completion.get()
end

function M.select(count)
  if vim.lsp.inline_completion == nil or not shown() then
    return false
  end
  vim.schedule(function() -- a mapping's expression may not change the buffer
    vim.lsp.inline_completion.select({ count = count })
  end)
  return true
end

--- Tell the server how much of a text was taken so far: `taken` bytes of it.
local function report_part(item, text, taken)
  local client = vim.lsp.get_client_by_id(item.client_id)
  if client and item.command then
    compat.notify(client, 'textDocument/didPartiallyAcceptCompletion', {
      item = { insertText = text, command = item.command },
      acceptedLength = compat.to_character(text, taken, 'utf-16'),
    })
  end
end

--- Insert what `part` takes from the text that is not typed yet; all of it is accepted in the ordinary way.
local function accept_part(part)
  if vim.lsp.inline_completion == nil or not shown() then
    return false
  end
  return vim.lsp.inline_completion.get({
    on_accept = function(item)
      local text = type(item.insert_text) == 'table' and item.insert_text.value or item.insert_text
      local row, column = unpack(api.nvim_win_get_cursor(0))
      local typed = 0
      if item.range then
        local start_row, start_column = item.range:to_extmark()
        typed = start_row == row - 1 and column - start_column or 0
      end
      local rest = text:sub(typed + 1)
      local piece = part(rest)
      if piece == rest or piece == '' then
        return item
      end
      local lines = vim.split(piece, '\n', { plain = true })
      api.nvim_buf_set_text(0, row - 1, column, row - 1, column, lines)
      local last = #lines[#lines]
      api.nvim_win_set_cursor(0, { row + #lines - 1, #lines == 1 and column + last or last })
      report_part(item, text, typed + #piece)
      return nil
    end,
  })
end

function M.accept_word()
  return accept_part(function(rest)
    return rest:match('^%s*[%w_\128-\255]+') or rest:match('^%s*[^%w%s_\128-\255]+') or rest
  end)
end

function M.accept_line()
  return accept_part(function(rest)
    return rest:match('^\n?[^\n]*')
  end)
end

--- Stop showing ghost text, or show it again; whether it is shown now, or nil where this Neovim has none.
function M.toggle()
  if not vim.lsp.inline_completion then
    return nil
  end
  paused = not paused
  for _, client in ipairs(compat.all_clients()) do
    for buffer in pairs(client.attached_buffers) do
      vim.lsp.inline_completion.enable(not paused, { bufnr = buffer })
    end
  end
  return not paused
end

return M
