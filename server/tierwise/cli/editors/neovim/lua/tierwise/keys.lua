--- Keys that we take over: what they did before, for when there is nothing of ours to do.
local M = {}

--- What a key did before, by what `maparg` said of it then.
function M.otherwise(before, key)
  if before.callback then
    local text = before.callback()
    return before.expr == 1 and text or ''
  elseif before.rhs then
    return before.expr == 1 and vim.api.nvim_eval(before.rhs) or before.rhs
  end
  return key
end

return M
