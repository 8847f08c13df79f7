--- What Neovim 0.7 to 0.12 call differently. Everything that asks for a version is here.
local M = {}

--- The language clients of a buffer.
function M.clients(buffer)
  if vim.lsp.get_clients then
    return vim.lsp.get_clients({ bufnr = buffer })
  end
  return vim.tbl_values(vim.lsp.buf_get_clients(buffer))
end

--- All clients of Tierwise.
function M.all_clients()
  local all = (vim.lsp.get_clients or vim.lsp.get_active_clients)()
  return vim.tbl_filter(function(client)
    return client.name == 'tierwise'
  end, all)
end

--- Send a request; the id under which it can be cancelled, or nil when it could not be sent.
function M.request(client, method, params, handler, buffer)
  local sent, id
  if vim.fn.has('nvim-0.11') == 1 then
    sent, id = client:request(method, params, handler, buffer)
  else
    sent, id = client.request(method, params, handler, buffer)
  end
  return sent and id or nil
end

function M.notify(client, method, params)
  if vim.fn.has('nvim-0.11') == 1 then
    client:notify(method, params)
  else
    client.notify(method, params)
  end
end

function M.cancel(client, id)
  if client.cancel_request and vim.fn.has('nvim-0.11') == 1 then
    client:cancel_request(id)
  elseif client.cancel_request then
    client.cancel_request(id)
  else
    client.rpc.notify('$/cancelRequest', { id = id })
  end
end

--- Kill a server.
function M.stop(client)
  if vim.fn.has('nvim-0.11') == 1 then
    client:stop(true)
  else
    client.stop(true)
  end
end

--- Whether a client renames, or (given a value) let it do so or not.
function M.renames(client, value)
  local old = client.resolved_capabilities -- 0.7
  if value == nil then
    if old then
      return old.rename and true or false
    end
    return client.server_capabilities ~= nil and client.server_capabilities.renameProvider and true or false
  elseif old then
    old.rename = value
  else
    client.server_capabilities.renameProvider = value and { prepareProvider = true } or nil
  end
end

--- Whether a client has a command of the server.
function M.offers(client, command)
  local provider = client.server_capabilities and client.server_capabilities.executeCommandProvider
  return type(provider) == 'table' and vim.tbl_contains(provider.commands or {}, command)
end

--- Where in a line a character of the protocol is, in bytes. `encoding`: utf-8, utf-16 or utf-32.
function M.to_byte(line, character, encoding)
  if encoding == 'utf-8' then
    return math.min(character, #line)
  elseif vim.fn.has('nvim-0.11') == 1 then
    return vim.str_byteindex(line, encoding, character, false)
  end
  local inside, byte = pcall(vim.str_byteindex, line, character, encoding == 'utf-16')
  return inside and byte or #line
end

--- The reverse of `to_byte`.
function M.to_character(line, byte, encoding)
  if encoding == 'utf-8' then
    return byte
  elseif vim.fn.has('nvim-0.11') == 1 then
    return vim.str_utfindex(line, encoding, byte, false)
  end
  local utf32, utf16 = vim.str_utfindex(line, math.min(byte, #line))
  return encoding == 'utf-16' and utf16 or utf32
end

--- The key under which a mapping or an autocommand names its buffer.
M.buffer_key = vim.fn.has('nvim-0.12') == 1 and 'buf' or 'buffer'

--- Options of a window or buffer, set for it alone.
function M.set_local(scope, id, options)
  for name, value in pairs(options) do
    vim.api.nvim_set_option_value(name, value, scope == 'win' and { scope = 'local', win = id } or { buf = id })
  end
end
if vim.fn.has('nvim-0.9') == 0 then -- no "buf" there
  function M.set_local(scope, id, options)
    local set = scope == 'win' and vim.api.nvim_win_set_option or vim.api.nvim_buf_set_option
    for name, value in pairs(options) do
      set(id, name, value)
    end
  end
end

--- Highlight a buffer's Markdown with the parser that Neovim brings, where it brings one.
function M.highlight_markdown(buffer)
  if vim.treesitter.start then
    pcall(vim.treesitter.start, buffer, 'markdown')
  end
end

--- Reports of a health check.
function M.health()
  local health = vim.health or require('health')
  return {
    start = health.start or health.report_start,
    ok = health.ok or health.report_ok,
    info = health.info or health.report_info,
    warn = health.warn or health.report_warn,
    error = health.error or health.report_error,
  }
end

return M
