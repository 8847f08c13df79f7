--- `:Tierwise`, with everything a person can ask for.
local compat = require('tierwise.compat')
local place = require('tierwise.place')
local server = require('tierwise.server')
local verbs = require('tierwise.verbs')
local views = require('tierwise.view')

local M = {}

local last_instruction = ''

local ACTION_KINDS = {
  'quickfix.tierwise', 'refactor.rewrite.tierwise', 'refactor.extract.tierwise', 'source.tierwise', 'tierwise',
}

local function edit(client, buffer, arguments, instruction)
  local subject = place.of(client, buffer, arguments)
  subject.instruction = instruction
  last_instruction = instruction
  server.say(('editing %s …'):format(place.words(subject)))
  server.execute(client, 'tierwise.edit', { subject }, buffer, function(err, result)
    if err then
      if not server.was_cancelled(err) then
        server.say(err.message, vim.log.levels.ERROR)
      end
    elseif result.applied then
      local files = result.files == 1 and '1 file' or result.files .. ' files'
      server.say(('edited %s (%s, %s); u undoes it'):format(files, result.tier, result.model))
    else
      server.say('nothing was edited: a file changed in the meantime', vim.log.levels.WARN)
    end
  end)
end

local COMMANDS = {}

--- What the command does in the buffer, once a client serves it.
local function served(work)
  return function(arguments, words)
    local buffer = vim.api.nvim_get_current_buf()
    local client, why = server.client(buffer)
    if not client then
      server.say(why, vim.log.levels.WARN)
      return
    end
    work(client, buffer, arguments, words)
  end
end

COMMANDS.explain = served(function(client, buffer, arguments, words)
  require('tierwise.ask').ask(client, buffer, place.of(client, buffer, arguments), words)
end)

COMMANDS.review = served(function(client, buffer, arguments, words)
  require('tierwise.ask').ask(client, buffer, place.lines_or_file(client, buffer, arguments), words, 'review')
end)

COMMANDS.edit = served(function(client, buffer, arguments, words)
  if words ~= '' then
    edit(client, buffer, arguments, words)
    return
  end
  vim.ui.input({ prompt = 'What should change? ', default = last_instruction }, function(input)
    if input and vim.trim(input) ~= '' then
      edit(client, buffer, arguments, vim.trim(input))
    end
  end)
end)

COMMANDS.rename = served(function(client, buffer, _, words)
  require('tierwise.rename').run(client, buffer, words)
end)

COMMANDS.actions = served(function(_, _, arguments)
  local context = { only = ACTION_KINDS, diagnostics = {} }
  if vim.fn.has('nvim-0.8') == 0 then
    local lines = arguments.range > 0 and { { arguments.line1, 0 }, { arguments.line2 + 1, 0 } } or {}
    local ask = arguments.range > 0 and vim.lsp.buf.range_code_action or vim.lsp.buf.code_action
    ask(context, unpack(lines))
    return
  end
  context.diagnostics = nil -- Neovim fills in those of the line
  local range
  if arguments.range > 0 then
    local last = vim.fn.getline(arguments.line2)
    range = { start = { arguments.line1, 0 }, ['end'] = { arguments.line2, #last } }
  end
  vim.lsp.buf.code_action({ context = context, range = range })
end)

COMMANDS.status = served(function(client, buffer)
  server.execute(client, 'tierwise.status', {}, buffer, function(err, report)
    local text = err and err.message or require('tierwise.status').markdown(report)
    views.write(views.open('status', 'markdown'), text)
  end)
end)

function COMMANDS.queue(_, words)
  require('tierwise.queue').run(words)
end

function COMMANDS.report(_, words)
  require('tierwise.report').run(words)
end

function COMMANDS.doctor()
  verbs.show({ 'doctor' })
end

function COMMANDS.trust(_, words)
  local folder = words ~= '' and vim.fn.fnamemodify(words, ':p') or nil
  if not folder then
    local client = server.client(vim.api.nvim_get_current_buf())
    folder = client and client.config.root_dir or vim.fn.getcwd()
  end
  local question = ('Let the settings in %s/.tierwise.toml count in full?'):format((folder:gsub('[/\\]$', '')))
  if vim.fn.confirm(question, '&Yes\n&No', 2) == 1 then
    verbs.show({ 'trust', folder })
  end
end

function COMMANDS.cancel()
  local count = server.cancel()
  local function told(more)
    count = count + more
    server.say(count == 0 and 'nothing is under way' or ('%d stopped'):format(count))
  end
  local client = compat.all_clients()[1]
  if not client or not compat.offers(client, 'tierwise.cancel') then
    told(0)
    return
  end
  server.execute(client, 'tierwise.cancel', {}, 0, function(err, result) -- also what Neovim itself waits for
    told(err and 0 or result.cancelled)
  end)
end

function COMMANDS.toggle()
  local on = require('tierwise.ghost').toggle()
  if on == nil then
    server.say('ghost text needs Neovim 0.12; here it stands in the completion menu (CTRL-X CTRL-O)')
  else
    server.say(on and 'ghost text is on' or 'ghost text is off')
  end
end

function COMMANDS.restart()
  require('tierwise.life').restart()
end

function COMMANDS.messages()
  views.write(views.open('messages', 'tierwise'), table.concat(server.said, '\n'))
end

function COMMANDS.log()
  vim.cmd('tabnew ' .. vim.fn.fnameescape(vim.lsp.log and vim.lsp.log.get_filename() or vim.lsp.get_log_path()))
end

local SECOND = { queue = { 'list', 'show', 'retry', 'drop' }, report = { 'html' } }

local function complete(lead, line)
  local before = vim.split(line:gsub("^[%s:]*[%d,.$%%'<>]*%s*", ''), '%s+')
  local offered = #before <= 2 and vim.tbl_keys(COMMANDS) or #before == 3 and vim.deepcopy(SECOND[before[2]]) or {}
  table.sort(offered)
  return vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, offered)
end

local function run(arguments)
  local name, words = arguments.args:match('^(%S+)%s*(.-)%s*$')
  local command = COMMANDS[name]
  if command then
    command(arguments, words)
  else
    local known = vim.tbl_keys(COMMANDS)
    table.sort(known)
    server.say(('there is no :Tierwise %s. There are: %s'):format(name, table.concat(known, ', ')), vim.log.levels.ERROR)
  end
end

function M.define()
  vim.api.nvim_create_user_command('Tierwise', run, {
    nargs = '+',
    range = true,
    complete = complete,
    desc = 'Ask Tierwise; see :help :Tierwise',
  })
end

return M
