--- The server's status as Markdown for a person.
local M = {}

local TIERS = { 'fast', 'balanced', 'frontier' }

local function value(given)
  return given ~= vim.NIL and given or nil
end

local function limit(amount)
  return value(amount) and require('tierwise.usage').dollars(amount) or 'no limit'
end

function M.markdown(report)
  local dollars = require('tierwise.usage').dollars
  local lines = {
    '# Tierwise',
    '',
    ('Profile **%s**, harness %s, folder %s.'):format(
      report.profile,
      report.harness,
      report.trusted and 'trusted' or 'not trusted (its .tierwise.toml may only narrow; `:Tierwise trust`)'
    ),
    '',
  }
  local function add(format, ...)
    table.insert(lines, format:format(...))
  end
  for _, name in ipairs(TIERS) do
    local tier = report.tiers[name]
    local chain = tier and tier.chain or {}
    add('- **%s**: %s', name, #chain > 0 and table.concat(chain, ', then ') or 'no model')
  end
  add('')
  add('This session %s in %d requests; today %s.', dollars(report.cost.session_usd), report.cost.requests, dollars(report.cost.day_usd))
  add('Limits: session %s, day %s.', limit(report.budgets.session_usd), limit(report.budgets.day_usd))
  add('From a cache: %.0f %% of the input, %s saved.', report.cache.cached_fraction * 100, dollars(report.cache.saved_usd))
  for _, pause in ipairs(report.breakers) do
    add('')
    add('**%s** rests for %.0f s: %s', pause.model, pause.seconds, pause.reason)
  end
  for _, problem in ipairs(report.problems) do
    add('')
    add('**Settings:** %s', problem)
  end
  return table.concat(lines, '\n')
end

return M
