--- What other configuration may call: see |tierwise-lua|.
local M = {}

--- Set options; those left out keep their defaults. To be called before a file is opened, as from init.lua.
---@param options table see |tierwise-options|
function M.setup(options)
  require('tierwise.config').set(options or {})
end

--- Change the server's settings now, without a restart.
---@param settings table the keys of the section "tierwise"; they replace those given before
function M.settings(settings)
  require('tierwise.server').change_settings(settings)
end

--- One line for a status line: tier of the last request, cost of the session, share that came from a cache. "" where
--- Tierwise does not serve the buffer. Percent signs are doubled: use it as %{%v:lua.require'tierwise'.statusline()%}.
---@return string
function M.statusline()
  return require('tierwise.usage').statusline()
end

--- Accept the ghost text, as a key would.
---@return boolean # false when there was none
function M.accept()
  return require('tierwise.ghost').accept()
end

--- Accept the ghost text's next word.
---@return boolean # false when there was none
function M.accept_word()
  return require('tierwise.ghost').accept_word()
end

--- Accept the ghost text's current line.
---@return boolean # false when there was none
function M.accept_line()
  return require('tierwise.ghost').accept_line()
end

--- Pass over the next edit that is shown.
---@return boolean # false when there was none
function M.dismiss_next_edit()
  return require('tierwise.next_edit').dismiss()
end

return M
