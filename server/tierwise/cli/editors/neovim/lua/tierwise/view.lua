--- Windows to read in: beside the code, or floating over it. Each kind of text has one, which is used again.
local compat = require('tierwise.compat')
local config = require('tierwise.config')

local M = {}

local api = vim.api
local notes = api.nvim_create_namespace('tierwise')
local WIDE = 120 -- columns from which there is room for two windows side by side

local buffers = {} -- by kind

local LOWEST, HIGHEST = 3, 30 -- lines of a floating window, which grows with its text

local function most_lines()
  return math.min(HIGHEST, math.max(LOWEST, vim.o.lines - 8))
end

local function float(buffer, kind)
  local width = math.min(100, math.max(20, vim.o.columns - 8))
  local height = LOWEST
  local titled = vim.fn.has('nvim-0.9') == 1
  return api.nvim_open_win(buffer, true, {
    title = titled and (' Tierwise: %s '):format(kind) or nil,
    relative = 'editor',
    row = math.max(0, math.floor((vim.o.lines - most_lines()) / 2) - 1),
    col = math.floor((vim.o.columns - width) / 2),
    width = width,
    height = height,
    border = 'rounded',
    style = 'minimal',
  })
end

--- A window of the current tab that shows another view already: it is used again, as a third beside it is too narrow.
local function shared()
  for _, other in pairs(buffers) do
    local window = api.nvim_buf_is_valid(other) and vim.fn.bufwinid(other) or -1
    if window ~= -1 and api.nvim_win_get_config(window).relative == '' then
      return window
    end
  end
end

local function split(buffer)
  local window = shared()
  if window then
    api.nvim_win_set_buf(window, buffer)
    return window
  end
  local back = api.nvim_get_current_win()
  vim.cmd(vim.o.columns >= WIDE and 'botright vsplit' or 'botright split')
  window = api.nvim_get_current_win()
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
    window = (config.options.answer == 'float' and float or split)(buffer, kind)
    compat.set_local('win', window, {
      wrap = true, linebreak = true, number = false, relativenumber = false, signcolumn = 'no', spell = false,
      conceallevel = 2, concealcursor = 'nc', foldenable = false, cursorline = false, list = false, fillchars = 'eob: ',
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

--- How many columns the view has.
function M.width(view)
  return api.nvim_win_is_valid(view.window) and api.nvim_win_get_width(view.window) or vim.o.columns
end

--- Lines of at most `width` columns, broken at spaces: what stands below a text is not wrapped by Neovim.
local function wrapped(text, width)
  local lines, line = {}, ''
  for word in text:gmatch('%S+') do
    if line ~= '' and vim.fn.strdisplaywidth(line .. ' ' .. word) > width then
      table.insert(lines, line)
      line = word
    else
      line = line == '' and word or line .. ' ' .. word
    end
  end
  table.insert(lines, line)
  return lines
end

--- Make room in a floating window for all of its text, as far as the screen has room.
local function fit(view)
  if not api.nvim_win_is_valid(view.window) or api.nvim_win_get_config(view.window).relative == '' then
    return
  end
  local lines = api.nvim_buf_line_count(view.buffer) + 1
  if api.nvim_win_text_height then
    lines = api.nvim_win_text_height(view.window, {}).all
  end
  api.nvim_win_set_height(view.window, math.min(math.max(lines, LOWEST), most_lines()))
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
    local lines = vim.tbl_map(function(line)
      return { { line, 'Comment' } }
    end, wrapped(text, M.width(view)))
    api.nvim_buf_set_extmark(view.buffer, notes, last, 0, { virt_lines = lines })
  end
  fit(view)
end

return M
