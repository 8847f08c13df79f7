--- Next edits: after a change the server may propose the one that follows from it, elsewhere in the file or in another.
--- It is drawn where it would happen; a key goes there, and then takes it.
---
--- Owner of the one that is shown. A server that knows none is asked once.
local compat = require('tierwise.compat')
local config = require('tierwise.config')
local positions = require('tierwise.positions')

local M = {}

local api = vim.api
local space = api.nvim_create_namespace('tierwise.next_edit')
local METHOD = 'textDocument/copilotInlineEdit'
local METHOD_NOT_FOUND, AUTOMATIC = -32601, 2
local PAUSE_MS = 250

local shown -- { client, buffer, tick, first, last, text, command }: bytes of the buffer, and what comes in their place
local asked -- { client, id }
local without = {} -- clients that know no next edits, by id
local turn = 0 -- counts changes: an answer to an earlier one is late

local function clear()
  turn = turn + 1
  if asked then
    compat.cancel(asked.client, asked.id)
    asked = nil
  end
  if shown and api.nvim_buf_is_valid(shown.buffer) then
    api.nvim_buf_clear_namespace(shown.buffer, space, 0, -1)
  end
  shown = nil
end

--- The one that is shown, while its buffer is as it was when it was proposed.
local function standing()
  local there = shown and api.nvim_buf_is_valid(shown.buffer)
  return there and api.nvim_buf_get_changedtick(shown.buffer) == shown.tick and shown or nil
end

--- What the proposed text changes of the lines that it touches: the lines to be, without common ends.
local function new_lines(edit)
  local lines = api.nvim_buf_get_lines(edit.buffer, edit.first[1], edit.last[1] + 1, false)
  local before = lines[1]:sub(1, edit.first[2])
  local after = lines[#lines]:sub(edit.last[2] + 1)
  return vim.split(before .. edit.text .. after, '\n', { plain = true }), lines
end

local function pointer(edit)
  local key = (vim.fn.mode():sub(1, 1) == 'i' and '<Esc>' or '') .. config.options.keys.next_edit
  if edit.buffer ~= api.nvim_get_current_buf() then
    local name = vim.fn.fnamemodify(api.nvim_buf_get_name(edit.buffer), ':~:.')
    return ('%s: next edit, %s:%d'):format(key, name, edit.first[1] + 1)
  end
  return ('%s: next edit'):format(key)
end

local function draw(edit)
  api.nvim_buf_clear_namespace(edit.buffer, space, 0, -1)
  local young, old = new_lines(edit)
  local removed = {}
  for index = 1, #old do
    if old[index] ~= young[index] then
      removed[#removed + 1] = edit.first[1] + index - 1
    end
  end
  for _, row in ipairs(removed) do
    api.nvim_buf_set_extmark(edit.buffer, space, row, 0, { line_hl_group = 'DiffDelete' })
  end
  local added = {}
  for index, line in ipairs(young) do
    if line ~= old[index] then
      added[#added + 1] = { { line == '' and ' ' or line, 'DiffAdd' } }
    end
  end
  local under = removed[#removed] or edit.last[1]
  if #added > 0 then
    api.nvim_buf_set_extmark(edit.buffer, space, under, 0, { virt_lines = added })
  end
  local here = api.nvim_win_get_cursor(0)[1] - 1
  if edit.buffer == api.nvim_get_current_buf() and here < api.nvim_buf_line_count(edit.buffer) then
    api.nvim_buf_set_extmark(edit.buffer, space, here, 0, { virt_text = { { pointer(edit), 'Comment' } } })
  end
end

--- The server's proposal in bytes of a buffer; nil when it is stale or changes nothing.
local function located(client, proposal)
  local buffer = vim.uri_to_bufnr(proposal.textDocument.uri)
  vim.fn.bufload(buffer)
  local version = proposal.textDocument.version
  local current = vim.lsp.util.buf_versions and vim.lsp.util.buf_versions[buffer]
  if type(version) == 'number' and current and version ~= current then
    return nil
  end
  local range = positions.workspace_edit({
    changes = { [proposal.textDocument.uri] = { { range = proposal.range, newText = '' } } },
  }, client.offset_encoding, 'utf-8').changes[proposal.textDocument.uri][1].range
  local count = api.nvim_buf_line_count(buffer)
  if range['end'].line >= count then
    return nil
  end
  local edit = {
    client = client,
    buffer = buffer,
    tick = api.nvim_buf_get_changedtick(buffer),
    first = { range.start.line, range.start.character },
    last = { range['end'].line, range['end'].character },
    text = proposal.text:gsub('\r\n', '\n'),
    command = proposal.command,
  }
  local young, old = new_lines(edit)
  return not vim.deep_equal(young, old) and edit or nil
end

local function ask(buffer)
  if not api.nvim_buf_is_valid(buffer) or buffer ~= api.nvim_get_current_buf() then
    return
  end
  local client = require('tierwise.server').client(buffer)
  if not client or without[client.id] then
    return
  end
  local number = turn
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  params.textDocument.version = vim.lsp.util.buf_versions and vim.lsp.util.buf_versions[buffer]
  params.context = { triggerKind = AUTOMATIC }
  local id = compat.request(client, METHOD, params, function(err, result)
    asked = nil
    if err then
      without[client.id] = without[client.id] or err.code == METHOD_NOT_FOUND
      return -- nobody asked for it: one that does not come is no trouble
    end
    local first = type(result) == 'table' and type(result.edits) == 'table' and result.edits[1]
    local edit = number == turn and first and located(client, first)
    if edit then
      shown = edit
      draw(edit)
    end
  end, buffer)
  asked = id and { client = client, id = id } or nil
end

--- Have next edits shown in a buffer that Tierwise serves.
function M.attach(buffer)
  local key = config.options.keys.next_edit
  if vim.fn.has('nvim-0.10') == 0 or not config.options.next_edits or not key or key == '' then
    return
  end
  local group = api.nvim_create_augroup('tierwise.next_edit.' .. buffer, {})
  api.nvim_create_autocmd({ 'TextChanged', 'TextChangedI' }, {
    group = group,
    [compat.buffer_key] = buffer,
    callback = function()
      clear()
      local number = turn
      vim.defer_fn(function()
        if number == turn then
          ask(buffer)
        end
      end, PAUSE_MS)
    end,
  })
  api.nvim_create_autocmd({ 'CursorMoved', 'CursorMovedI', 'InsertLeave' }, {
    group = group,
    [compat.buffer_key] = buffer,
    callback = function()
      local edit = standing()
      if edit then
        draw(edit) -- the word at the cursor's line goes along
      end
    end,
  })
  local before = vim.fn.maparg(key, 'n', false, true)
  if before.buffer ~= 1 then
    vim.keymap.set('n', key, function()
      return M.take() and '' or require('tierwise.keys').otherwise(before, key)
    end, { [compat.buffer_key] = buffer, expr = true, desc = 'Tierwise: go to the next edit, then take it' })
  end
end

local function apply(edit)
  local lines = vim.split(edit.text, '\n', { plain = true })
  api.nvim_buf_set_text(edit.buffer, edit.first[1], edit.first[2], edit.last[1], edit.last[2], lines)
  local last = #lines == 1 and edit.first[2] + #lines[1] or #lines[#lines]
  api.nvim_win_set_cursor(0, { edit.first[1] + #lines, math.max(last - 1, 0) })
  if type(edit.command) == 'table' then
    local params = { command = edit.command.command, arguments = edit.command.arguments }
    compat.request(edit.client, 'workspace/executeCommand', params, function() end, edit.buffer)
  end
end

local function go(edit)
  vim.cmd("normal! m'")
  if api.nvim_get_current_buf() ~= edit.buffer then
    vim.cmd.buffer(edit.buffer)
  end
  api.nvim_win_set_cursor(0, { edit.first[1] + 1, edit.first[2] })
  draw(edit)
end

--- Go to the next edit, or take it when the cursor is there; false when none is shown.
function M.take()
  local edit = standing()
  if not edit then
    return false
  end
  local row = api.nvim_win_get_cursor(0)[1] - 1
  local there = api.nvim_get_current_buf() == edit.buffer and row >= edit.first[1] and row <= edit.last[1]
  vim.schedule(function() -- a mapping's expression may not change the buffer
    if there then
      clear()
      apply(edit)
    else
      go(edit)
    end
  end)
  return true
end

--- Pass over the next edit that is shown; false when there is none.
function M.dismiss()
  if not shown then
    return false
  end
  local id = type(shown.command) == 'table' and type(shown.command.arguments) == 'table' and shown.command.arguments[1]
  if id then
    compat.notify(shown.client, 'tierwise/rejected', { id = id })
  end
  clear()
  return true
end

return M
