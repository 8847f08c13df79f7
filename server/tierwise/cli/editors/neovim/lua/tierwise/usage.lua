--- What requests cost, as the server reports it. Owner of the figures in the status line.
local M = {}

local last -- the last request that a tier answered
local session_cost = 0

--- `tierwise/usage`: a request ended.
function M.receive(params)
  session_cost = params.session_cost_usd
  if params.outcome == 'answered' or params.cost_usd > 0 then
    last = params
  end
  vim.cmd('redrawstatus!')
  vim.api.nvim_exec_autocmds('User', { pattern = 'TierwiseUsage', modeline = false })
end

--- US dollars, with as many decimals as the amount needs to be told from nothing.
function M.dollars(amount)
  if amount == 0 then
    return '$0'
  elseif amount < 0.00005 then
    return '< $0.0001'
  end
  return ('$%.' .. (amount < 1 and '4' or '2') .. 'f'):format(amount)
end

local function tier_of(params)
  if not params then
    return 'tierwise'
  elseif vim.startswith(params.model, 'embedded') or params.tier == vim.NIL or params.tier == nil then
    return 'embedded'
  end
  return params.tier
end

function M.statusline()
  local server = require('tierwise.server')
  if not server.client(vim.api.nvim_get_current_buf()) then
    return ''
  end
  local words = { tier_of(last) }
  if server.busy() > 0 then
    words[1] = '… ' .. words[1]
  end
  if session_cost > 0 then
    table.insert(words, M.dollars(session_cost))
  end
  if last and last.cached_fraction > 0 then
    table.insert(words, ('%.0f %%%% cached'):format(last.cached_fraction * 100))
  end
  return table.concat(words, ' · ')
end

return M
