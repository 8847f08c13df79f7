--- Requests that no model answered well enough: listed, shown with all that was tried, tried again, dropped.
---
--- The server is asked; one without this command is asked by its command line, which cannot try again.
local compat = require('tierwise.compat')
local server = require('tierwise.server')
local verbs = require('tierwise.verbs')
local views = require('tierwise.view')

local M = {}

local COMMAND = 'tierwise.queue'

local function place(item)
  local name = vim.fn.fnamemodify(vim.uri_to_fname(item.uri), ':~:.')
  local range = type(item.range) == 'table' and item.range or nil
  return range and ('%s:%d'):format(name, range.start.line + 1) or name
end

local function moment(at)
  return (at:sub(1, 16):gsub('T', ' '))
end

local function tried(attempts)
  return #attempts == 1 and 'tried once' or ('tried %d times'):format(#attempts)
end

--- A block of Markdown that holds a stranger's text, whatever stands in it.
local function fenced(text)
  local fence = '```'
  while text:find(fence, 1, true) do
    fence = fence .. '`'
  end
  return fence .. '\n' .. text .. '\n' .. fence
end

local function listed(items)
  if #items == 0 then
    return 'Nothing waits for a person.'
  end
  local lines = { '# Waiting for you', '' }
  for _, item in ipairs(items) do
    local last = item.attempts[#item.attempts]
    local reason = last and (', last: ' .. (last.words or last.reason)) or ''
    table.insert(lines, ('%d. **%s** %s (%s%s)'):format(item.number, item.task, place(item), tried(item.attempts), reason))
    if type(item.instruction) == 'string' and item.instruction ~= '' then
      table.insert(lines, '   ' .. item.instruction:gsub('%s+', ' '))
    end
  end
  return table.concat(lines, '\n')
end

local function told(item)
  local lines = { ('# %s in %s'):format(item.task, place(item)), '', ('Number %d, since %s.'):format(item.number, moment(item.at)) }
  if type(item.instruction) == 'string' and item.instruction ~= '' then
    vim.list_extend(lines, { '', 'Asked for:', '', fenced(item.instruction) })
  end
  for index, attempt in ipairs(item.attempts) do
    vim.list_extend(lines, { '', ('## %d. %s: %s'):format(index, attempt.tier, attempt.model), '' })
    table.insert(lines, ('Rejected: **%s**'):format(attempt.words or attempt.reason))
    if type(attempt.evidence) == 'string' and attempt.evidence ~= '' then
      vim.list_extend(lines, { '', fenced(attempt.evidence) })
    end
  end
  return table.concat(lines, '\n')
end

local function keys()
  local function at_cursor(action)
    return function()
      local number = vim.api.nvim_get_current_line():match('^(%d+)%. ')
      if number then
        M.run(action .. ' ' .. number)
      end
    end
  end
  return { ['<CR>'] = at_cursor('show'), r = at_cursor('retry'), d = at_cursor('drop') }
end

local function show(text, note)
  local view = views.open('queue', 'markdown', keys())
  views.write(view, text)
  views.note(view, note)
end

local ACTIONS = {}

function ACTIONS.list(ask)
  ask({}, function(result)
    show(listed(result.items), #result.items > 0 and 'ENTER shows, r tries again, d drops the one under the cursor' or '')
  end)
end

function ACTIONS.show(ask)
  ask({}, function(item)
    show(told(item), ('r tries it again: :Tierwise queue retry %d [tier]'):format(item.number))
  end)
end

function ACTIONS.retry(ask, number, tier)
  server.say(('trying %d again …'):format(number))
  ask({ tier = tier }, function(result)
    if type(result) == 'table' and result.applied == false then
      server.say('nothing was edited: a file changed in the meantime', vim.log.levels.WARN)
    else
      server.say(('%d is done and out of the queue'):format(number))
    end
  end)
end

function ACTIONS.drop(ask, number)
  if vim.fn.confirm(('Drop number %d for good?'):format(number), '&Yes\n&No', 2) == 1 then
    ask({}, function()
      server.say(('%d is out of the queue'):format(number))
      M.run('')
    end)
  end
end

--- `:Tierwise queue [words]`.
function M.run(words)
  local action, number, tier = unpack(vim.split(words, '%s+', { trimempty = true }))
  action = action or 'list'
  local client = compat.all_clients()[1]
  if not client or not compat.offers(client, COMMAND) then
    verbs.show({ 'queue', unpack(vim.split(words, '%s+', { trimempty = true })) })
  elseif not ACTIONS[action] or (action ~= 'list') ~= (tonumber(number) ~= nil) then
    server.say('say: queue, queue show N, queue retry N [tier], queue drop N', vim.log.levels.ERROR)
  else
    number = tonumber(number)
    ACTIONS[action](function(more, done)
      local argument = vim.tbl_extend('force', { action = action, number = number }, more)
      server.execute(client, COMMAND, { argument }, 0, function(err, result)
        if not err then
          done(result)
        elseif not server.was_cancelled(err) then
          server.say(err.message, vim.log.levels.ERROR)
        end
      end)
    end, number, tier)
  end
end

return M
