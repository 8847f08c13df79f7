--- Explanations and reviews, written into a view while they arrive.
---
--- One at a time: a new question stops the one before. Owner of that one.
local compat = require('tierwise.compat')
local place = require('tierwise.place')
local server = require('tierwise.server')
local views = require('tierwise.view')

local M = {}

local current -- { view, request, id, text }
local last_id = 0 -- of the answers that arrived; the server counts them up

local function finished(turn, title, err, result)
  if err then
    views.note(turn.view, server.was_cancelled(err) and 'Stopped.' or ('Not answered: %s'):format(err.message))
    return
  end
  if result.text and result.text ~= turn.text then
    views.write(turn.view, result.text)
  end
  local who = result.tier ~= vim.NIL and result.tier and ('%s · %s'):format(result.tier, result.model) or 'no model'
  views.note(turn.view, ('%s · %s'):format(title, who))
end

local function begin(client, buffer, argument)
  if current and not current.request.over then
    server.cancel(current.request)
  end
  local doing = argument.task == 'review' and 'Reviewing' or 'Explaining'
  local words = place.words(argument)
  local view = views.open('answer', 'markdown', {
    ['<C-c>'] = function()
      server.cancel(current and current.request)
    end,
  })
  local turn = { view = view, text = '' }
  current = turn
  views.note(view, ('%s %s … (CTRL-C here, or :Tierwise cancel, stops it)'):format(doing, words))
  local command = 'tierwise.explain'
  if argument.task == 'review' and compat.offers(client, 'tierwise.review') then
    command = 'tierwise.review'
  end
  turn.request = server.execute(client, command, { argument }, buffer, function(err, result)
    finished(turn, words, err, result)
  end)
end

--- `tierwise/answer`: a piece of an answer. Pieces of one that was stopped may still be on their way.
function M.receive(params)
  local id = tonumber(params.id)
  if not current or not current.request or current.request.over or not id or id < (current.id or last_id + 1) then
    return
  end
  current.id, last_id = id, id
  if params.delta ~= '' then
    current.text = current.text .. params.delta
    views.append(current.view, params.delta)
  end
end

--- Ask about a place. `task` is "review" for a review, else nil.
function M.ask(client, buffer, subject, question, task)
  local argument = vim.tbl_extend('force', {}, subject)
  argument.question = question ~= '' and question or nil
  argument.task = task
  begin(client, buffer, argument)
end

--- A code action asks.
function M.from_action(argument)
  local buffer = vim.uri_to_bufnr(argument.uri)
  local client, why = server.client(buffer)
  if not client then
    server.say(why, vim.log.levels.WARN)
    return
  end
  begin(client, buffer, argument)
end

return M
