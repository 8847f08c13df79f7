--- Requests, speed and cost so far: as text in a window, or as a page with plots in the system's browser.
local compat = require('tierwise.compat')
local server = require('tierwise.server')

local M = {}

local COMMAND = 'tierwise.report'

local function open(html)
  local file = vim.fn.tempname() .. '.html'
  vim.fn.writefile(vim.split(html, '\n', { plain = true }), file)
  local opener, why
  if vim.ui.open then
    opener, why = vim.ui.open(file)
  end
  if opener then
    server.say('the report is in your browser')
  else
    server.say(('the report is in %s%s'):format(file, why and (' (' .. why .. ')') or ''))
  end
end

--- `:Tierwise report [html]`. The page is made by the server, so that it comes from where the server runs.
function M.run(words)
  if words ~= 'html' then
    require('tierwise.verbs').show({ 'report' })
    return
  end
  local client = compat.all_clients()[1]
  if not client or not compat.offers(client, COMMAND) then
    server.say('this server makes no page; :Tierwise report shows the figures', vim.log.levels.WARN)
    return
  end
  server.execute(client, COMMAND, { { format = 'html' } }, 0, function(err, result)
    if not err then
      open(result.html)
    elseif not server.was_cancelled(err) then
      server.say(err.message, vim.log.levels.ERROR)
    end
  end)
end

return M
