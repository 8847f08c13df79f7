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

--- The same for a person: "shop.py:3-10".
function M.words(subject)
  local name = vim.fn.fnamemodify(vim.uri_to_fname(subject.uri), ':t')
  local first, last = subject.range.start.line + 1, subject.range['end'].line
  if subject.range['end'].character > 0 or last < first then
    last = last + 1
  end
  return first == last and ('%s:%d'):format(name, first) or ('%s:%d-%d'):format(name, first, last)
end

return M
