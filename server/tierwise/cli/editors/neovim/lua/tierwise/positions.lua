--- Positions in another server's way of counting: servers of one buffer may count bytes, or UTF-16 or UTF-32 units.
local compat = require('tierwise.compat')

local M = {}

--- The lines of a file: of its buffer where it is open, else as they stand on disk. Each file is read once per reader.
local function reader()
  local known = {}
  return function(uri, line)
    if not known[uri] then
      local path, buffer = vim.uri_to_fname(uri), vim.uri_to_bufnr(uri)
      if vim.api.nvim_buf_is_loaded(buffer) then
        known[uri] = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
      else
        known[uri] = vim.fn.filereadable(path) == 1 and vim.fn.readfile(path) or {}
      end
    end
    return known[uri][line + 1] or ''
  end
end

local function converted(position, line, from, to)
  local byte = compat.to_byte(line, position.character, from)
  return { line = position.line, character = compat.to_character(line, byte, to) }
end

--- A position of a file, counted otherwise.
function M.position(uri, position, from, to)
  if from == to then
    return position
  end
  return converted(position, reader()(uri, position.line), from, to)
end

--- A WorkspaceEdit, counted otherwise. Files that it makes or moves are left as they are.
function M.workspace_edit(edit, from, to)
  if from == to then
    return edit
  end
  edit = vim.deepcopy(edit)
  local line_of = reader()
  local function convert(uri, edits)
    for _, each in ipairs(edits) do
      for _, side in ipairs({ 'start', 'end' }) do
        local position = each.range[side]
        each.range[side] = converted(position, line_of(uri, position.line), from, to)
      end
    end
  end
  for uri, edits in pairs(edit.changes or {}) do
    convert(uri, edits)
  end
  for _, change in ipairs(edit.documentChanges or {}) do
    if change.edits then
      convert(change.textDocument.uri, change.edits)
    end
  end
  return edit
end

return M
