--- Rename by Tierwise, and good manners towards the language's own server.
local compat = require('tierwise.compat')
local server = require('tierwise.server')

local M = {}

--- Where another server of the buffer renames, the plain rename is its own: Neovim would ask both, one after the other.
--- :Tierwise rename works all the same. Asked for whenever another buffer comes to the front, as clients serve many.
function M.give_way(buffer)
  if not vim.api.nvim_buf_is_valid(buffer) or buffer ~= vim.api.nvim_get_current_buf() then
    return
  end
  local ours, another = nil, false
  for _, client in ipairs(compat.clients(buffer)) do
    if client.name == 'tierwise' then
      ours = client
    elseif compat.renames(client) then
      another = true
    end
  end
  if ours then
    compat.renames(ours, not another)
  end
end

local function carry_out(client, buffer, position, name)
  local argument = { uri = vim.uri_from_bufnr(buffer), position = position, newName = name }
  server.execute(client, 'tierwise.rename', { argument }, buffer, function(err, result)
    if err then
      if not server.was_cancelled(err) then
        server.say(err.message, vim.log.levels.ERROR)
      end
    elseif result.applied then
      local files = result.files == 1 and '1 file' or result.files .. ' files'
      server.say(('renamed in %s; not saved yet (:wall)'):format(files))
    else
      server.say('nothing was renamed: a file changed in the meantime', vim.log.levels.WARN)
    end
  end)
end

--- Names that the server suggests for what is being renamed now, as they stand in the question's completion.
local suggestions = {}

local function suggest(client, buffer, position)
  suggestions = {}
  if not compat.offers(client, 'tierwise.suggestNames') then
    return nil
  end
  local argument = { uri = vim.uri_from_bufnr(buffer), position = position }
  return server.execute(client, 'tierwise.suggestNames', { argument }, buffer, function(err, result)
    suggestions = not err and result.names or {}
  end)
end

--- Completion of the question for a name: whatever was typed, as none of them need begin with it.
function M.suggested()
  return suggestions
end

--- Rename the symbol under the cursor; asks for the name when it is "".
function M.run(client, buffer, name)
  local position = vim.lsp.util.make_position_params(0, client.offset_encoding).position
  if name ~= '' then
    carry_out(client, buffer, position, name)
    return
  end
  local params = { textDocument = { uri = vim.uri_from_bufnr(buffer) }, position = position }
  compat.request(client, 'textDocument/prepareRename', params, function(err, found)
    if err or not found then
      server.say(err and err.message or 'nothing to rename here', vim.log.levels.WARN)
      return
    end
    local asked = suggest(client, buffer, position)
    local options = { prompt = asked and 'New name (Tab suggests): ' or 'New name: ', default = found.placeholder }
    options.completion = asked and "customlist,v:lua.require'tierwise.rename'.suggested" or nil
    vim.ui.input(options, function(input)
      if asked then
        server.cancel(asked)
      end
      if input and input ~= '' and input ~= found.placeholder then
        carry_out(client, buffer, position, input)
      end
    end)
  end, buffer)
end

return M
