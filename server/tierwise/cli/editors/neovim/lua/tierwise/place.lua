--- Where in a file a request points, in the server's positions.
local M = {}

--- The lines of a command's range, or the cursor (which means the definition around it).
---@return table # {uri, range}
function M.of(client, buffer, arguments)
  local uri = vim.uri_from_bufnr(buffer)
  if arguments.range == 0 then
    local here = vim.lsp.util.make_position_params(0, client.offset_encoding).position
    return { uri = uri, range = { start = here, ['end'] = here } }
  end
  return {
    uri = uri,
    range = {
      start = { line = arguments.line1 - 1, character = 0 },
      ['end'] = { line = arguments.line2, character = 0 },
    },
  }
end

--- The lines of a command's range, or the whole file.
function M.lines_or_file(client, buffer, arguments)
  if arguments.range == 0 then
    return { uri = vim.uri_from_bufnr(buffer) }
  end
  return M.of(client, buffer, arguments)
end

--- A place for a person: "shop.py:3-10", or "shop.py" for the whole file.
function M.words(subject)
  local name = vim.fn.fnamemodify(vim.uri_to_fname(subject.uri), ':t')
  if not subject.range then
    return name
  end
  local first, last = subject.range.start.line + 1, subject.range['end'].line
  if subject.range['end'].character > 0 or last < first then
    last = last + 1
  end
  return first == last and ('%s:%d'):format(name, first) or ('%s:%d-%d'):format(name, first, last)
end

return M
