--- The server: how it is configured, found and asked.
---
--- Owner of the requests under way. Each is finished exactly once, whatever happens to the server.
local compat = require('tierwise.compat')
local config = require('tierwise.config')

local M = {}

local CANCELLED = -32800
local LEVELS = { vim.log.levels.ERROR, vim.log.levels.WARN, vim.log.levels.INFO, vim.log.levels.INFO }

M.said = {} -- what was said to the user, in full
local running = {} -- requests under way, by "client:id"

--- Say one sentence. Neovim's own way of showing a message makes the user press ENTER when it is longer than a line:
--- then its beginning is shown, and :Tierwise messages has all of it.
function M.say(text, level)
  table.insert(M.said, text)
  text = 'Tierwise: ' .. text
  local source = debug.getinfo(vim.notify, 'S').source
  local builtin = source == '?' or source:find('@vim/_', 1, true) ~= nil
  local room = vim.v.echospace
  if builtin and vim.fn.strdisplaywidth(text) > room then
    local hint = ' … (:Tierwise messages)'
    text = vim.fn.strcharpart(text, 0, room - vim.fn.strdisplaywidth(hint)) .. hint
  end
  vim.notify(text, level or vim.log.levels.INFO)
end

local function section()
  return next(config.options.settings) and config.options.settings or vim.empty_dict()
end

--- The configuration of the server for vim.lsp.
function M.config()
  local options = config.options
  return {
    name = 'tierwise',
    cmd = options.cmd,
    cmd_env = options.cmd_env,
    filetypes = options.filetypes,
    root_markers = options.root_markers,
    settings = { tierwise = section() },
    init_options = section(),
    before_init = function(params)
      local said = params.capabilities.experimental
      params.capabilities.experimental = vim.tbl_extend('force', said or {}, {
        tierwise = true,
        tierwiseRename = true,
      })
    end,
    handlers = {
      ['tierwise/answer'] = function(_, params)
        require('tierwise.ask').receive(params)
      end,
      ['tierwise/editorRename'] = function(_, params, context)
        local client = vim.lsp.get_client_by_id(context.client_id)
        return client and require('tierwise.editor_rename').answer(params, client) or vim.NIL
      end,
      ['window/showMessage'] = function(_, params)
        M.say((params.message:gsub('^Tierwise: ', '')), LEVELS[params.type])
        return vim.NIL
      end,
      ['tierwise/usage'] = function(_, params)
        require('tierwise.usage').receive(params)
      end,
    },
    commands = {
      ['tierwise.explain'] = function(command)
        require('tierwise.ask').from_action(command.arguments[1])
      end,
    },
    on_exit = function(code, signal, id)
      vim.schedule(function()
        M.give_up(id)
        require('tierwise.life').ended(code, signal, id)
      end)
    end,
  }
end

--- The client that serves a buffer, or nil with the reason why there is none.
function M.client(buffer)
  for _, client in ipairs(compat.clients(buffer)) do
    if client.name == 'tierwise' then
      return client
    end
  end
  local kind = vim.bo[buffer].filetype
  if vim.fn.executable(config.options.cmd[1]) == 0 then
    return nil, ('%s cannot be run; see :checkhealth tierwise'):format(config.options.cmd[1])
  elseif not vim.tbl_contains(config.options.filetypes, kind) then
    return nil, ('files of type %q are not served; see :help tierwise-options'):format(kind)
  end
  return nil, 'the server does not serve this buffer; see :checkhealth tierwise'
end

local function finish(entry, err, result)
  if entry.over then
    return
  end
  entry.over = true
  if entry.key then
    running[entry.key] = nil
  end
  vim.cmd('redrawstatus!')
  entry.done(err, result)
end

--- Have the server carry out a command. `done(error, result)` is called once: also when the request is cancelled or the
--- server ends. Returns what `cancel` takes.
function M.execute(client, command, arguments, buffer, done)
  local entry = { client = client, done = done }
  local params = { command = command, arguments = arguments }
  entry.id = compat.request(client, 'workspace/executeCommand', params, function(err, result)
    finish(entry, err, result)
  end, buffer)
  if entry.id == nil then
    finish(entry, { message = 'the server cannot be reached' })
  elseif not entry.over then
    entry.key = client.id .. ':' .. entry.id
    running[entry.key] = entry
    vim.cmd('redrawstatus!')
  end
  return entry
end

--- Whether an error says that somebody cancelled the request.
function M.was_cancelled(err)
  return err.code == CANCELLED
end

--- Cancel one request, or all; how many there were.
function M.cancel(entry)
  local entries = entry and { entry } or vim.tbl_values(running)
  for _, each in ipairs(entries) do
    if not each.over then
      compat.cancel(each.client, each.id)
      finish(each, { code = CANCELLED, message = 'cancelled' }) -- Neovim may keep the server's answer to itself
    end
  end
  return #entries
end

--- How many requests are under way that the user asked for.
function M.busy()
  return vim.tbl_count(running)
end

--- A server is gone: nothing that was asked of it will be answered.
function M.give_up(id)
  for _, entry in ipairs(vim.tbl_values(running)) do
    if entry.client.id == id then
      finish(entry, { message = 'the server ended before it answered' })
    end
  end
end

--- New settings for the servers that run and for those that will.
function M.change_settings(settings)
  config.set({ settings = settings })
  for _, client in ipairs(compat.all_clients()) do
    local all = vim.tbl_extend('force', client.config.settings or {}, { tierwise = section() })
    client.config.settings = all
    if client.settings then
      client.settings = all
    end
    compat.notify(client, 'workspace/didChangeConfiguration', { settings = all })
  end
end

return M
