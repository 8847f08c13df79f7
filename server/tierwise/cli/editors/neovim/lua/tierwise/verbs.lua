--- Other verbs of the command line, run as the server is: what they print is shown in a window.
local config = require('tierwise.config')
local views = require('tierwise.view')

local M = {}

--- Run a verb and show what it prints.
function M.show(arguments)
  local view = views.open(arguments[1], 'tierwise', {})
  local lines = {}
  local function keep(_, data)
    vim.list_extend(lines, data)
  end
  local words = config.command_line(arguments)
  local started, job = pcall(vim.fn.jobstart, words, {
    env = vim.tbl_extend('force', config.options.cmd_env or {}, { NO_COLOR = '1', COLUMNS = tostring(views.width(view)) }),
    stdout_buffered = true,
    stderr_buffered = true,
    on_stdout = keep,
    on_stderr = keep,
    on_exit = function()
      views.write(view, (table.concat(lines, '\n'):gsub('%s+$', '')))
      views.note(view, '')
    end,
  })
  if started and job > 0 then
    views.note(view, table.concat(arguments, ' ') .. ' …')
  else
    views.write(view, ('%s cannot be run; see :checkhealth tierwise'):format(words[1]))
  end
end

return M
