--- Windows to read in: beside the code, or floating over it. Each kind of text has one, which is used again.
local compat = require('tierwise.compat')
local config = require('tierwise.config')

local M = {}

local api = vim.api
local notes = api.nvim_create_namespace('tierwise')
local WIDE = 120 -- columns from which there is room for two windows side by side

local buffers = {} -- by kind

local function float(buffer)
  local width = math.min(100, math.max(20, vim.o.columns - 8))
  local height = math.min(30, math.max(5, vim.o.lines - 8))
  return api.nvim_open_win(buffer, true, {
    relative = 'editor',
    row = math.floor((vim.o.lines - height) / 2) - 1,
    col = math.floor((vim.o.columns - width) / 2),
    width = width,
    height = height,
    border = 'rounded',
    style = 'minimal',
  })
end

local function split(buffer)
  local back = api.nvim_get_current_win()
  vim.cmd(vim.o.columns >= WIDE and 'botright vsplit' or 'botright split')
  local window = api.nvim_get_current_win()
  api.nvim_win_set_buf(window, buffer)
  api.nvim_set_current_win(back)
  return window
end

--- An empty view of this kind before the user. `keys`: what keys do in it, by key.
---@return table # view for the functions below
function M.open(kind, filetype, keys)
  local buffer = buffers[kind]
  if not (buffer and api.nvim_buf_is_valid(buffer)) then
    buffer = api.nvim_create_buf(false, true)
    buffers[kind] = buffer
    compat.set_local('buf', buffer, { bufhidden = 'hide', swapfile = false, modifiable = false, filetype = filetype })
    pcall(api.nvim_buf_set_name, buffer, 'tierwise://' .. kind)
    if filetype == 'markdown' then
      compat.highlight_markdown(buffer)
    end
  end
  local window = vim.fn.bufwinid(buffer)
  if window == -1 then
    window = (config.options.answer == 'float' and float or split)(buffer)
    compat.set_local('win', window, {
      wrap = true, linebreak = true, number = false, relativenumber = false, signcolumn = 'no', spell = false,
      conceallevel = 2, foldenable = false, cursorline = false, list = false,
    })
  end
  local mappings = vim.tbl_extend('force', {
    q = function()
      if not pcall(api.nvim_win_close, 0, false) then
        vim.cmd('quit')
      end
    end,
  }, keys or {})
  for key, action in pairs(mappings) do
    vim.keymap.set('n', key, action, { [compat.buffer_key] = buffer, nowait = true })
  end
  local view = { buffer = buffer, window = window }
  M.write(view, '')
  M.note(view, '')
  return view
end

local function change(view, work)
  if not api.nvim_buf_is_valid(view.buffer) then
    return -- the user wiped it out
  end
  compat.set_local('buf', view.buffer, { modifiable = true })
  work()
  compat.set_local('buf', view.buffer, { modifiable = false, modified = false })
end

--- Put `text` in place of what the view shows.
function M.write(view, text)
  change(view, function()
    api.nvim_buf_set_lines(view.buffer, 0, -1, false, vim.split(text, '\n', { plain = true }))
  end)
end

--- Add to the end.
function M.append(view, text)
  change(view, function()
    local last = api.nvim_buf_line_count(view.buffer) - 1
    local column = #api.nvim_buf_get_lines(view.buffer, last, last + 1, false)[1]
    api.nvim_buf_set_text(view.buffer, last, column, last, column, vim.split(text, '\n', { plain = true }))
  end)
  M.note(view, view.said or '')
end

--- Say something below the text that is no part of it; "" for nothing.
function M.note(view, text)
  if not api.nvim_buf_is_valid(view.buffer) then
    return
  end
  view.said = text
  api.nvim_buf_clear_namespace(view.buffer, notes, 0, -1)
  if text ~= '' then
    local last = api.nvim_buf_line_count(view.buffer) - 1
    api.nvim_buf_set_extmark(view.buffer, notes, last, 0, { virt_lines = { { { text, 'Comment' } } } })
  end
end

return M
