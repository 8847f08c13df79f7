--- `tierwise/editorRename`: the server asks what the language's own server would rename, before it renames itself.
---
--- It asks the other clients of the buffer and answers within the time given, whatever they do. It applies nothing.
local compat = require('tierwise.compat')
local positions = require('tierwise.positions')

local M = {}

local METHOD = 'textDocument/rename'
local LONGEST_MS = 30000

local function others(buffer)
  return vim.tbl_filter(function(client)
    return client.name ~= 'tierwise' and compat.renames(client)
  end, compat.clients(buffer))
end

local function is_edit(result)
  return type(result) == 'table' and (next(result.changes or {}) ~= nil or next(result.documentChanges or {}) ~= nil)
end

--- Ask all of them; `done` is called once, with the first edit that one proposes or with nil.
local function ask(clients, buffer, params, encoding, done)
  local open, finished, asked = #clients, false, {}
  local function finish(edit)
    if finished then
      return
    end
    finished = true
    for _, each in ipairs(asked) do
      if not each.over then
        compat.cancel(each.client, each.id)
      end
    end
    done(edit)
  end
  for _, client in ipairs(clients) do
    local entry = { client = client }
    local own = vim.tbl_extend('force', params, {
      position = positions.position(params.textDocument.uri, params.position, encoding, client.offset_encoding),
    })
    entry.id = compat.request(client, METHOD, own, function(err, result)
      entry.over = true
      open = open - 1
      if not err and is_edit(result) then
        finish(positions.workspace_edit(result, client.offset_encoding, encoding))
      elseif open == 0 then
        finish(nil)
      end
    end, buffer)
    if entry.id then
      table.insert(asked, entry)
    else
      open = open - 1
    end
  end
  if open == 0 then
    finish(nil)
  end
  return finish
end

--- Answers the request: a WorkspaceEdit in the asking server's positions, or null.
function M.answer(params, ours)
  local buffer = vim.uri_to_bufnr(params.textDocument.uri)
  local clients = vim.api.nvim_buf_is_loaded(buffer) and others(buffer) or {}
  if #clients == 0 then
    return vim.NIL
  end
  local limit = math.min(tonumber(params.timeoutMs) or LONGEST_MS, LONGEST_MS)
  local wanted = { textDocument = { uri = params.textDocument.uri }, position = params.position, newName = params.newName }
  local thread, over, waits, found = coroutine.running(), false, false, nil
  local finish = ask(clients, buffer, wanted, ours.offset_encoding, function(edit)
    over, found = true, edit
    if waits then
      assert(coroutine.resume(thread))
    end
  end)
  if not over and thread then -- the user goes on working meanwhile
    vim.defer_fn(function()
      finish(nil)
    end, limit)
    waits = true
    coroutine.yield()
  elseif not over then -- early versions want an answer at once
    vim.wait(limit, function()
      return over
    end, 10)
    finish(nil)
  end
  return found or vim.NIL
end

return M
