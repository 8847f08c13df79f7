--- When the server runs: it starts with the first file of the right type and comes back after a crash, a few times.
--- It is never started again when somebody stopped it.
local compat = require('tierwise.compat')
local config = require('tierwise.config')
local server = require('tierwise.server')

local M = {}

local CRASHES_ALLOWED, WITHIN_S = 3, 60
local LET_GO_MS = 200 -- vim.lsp forgets an ended client in its own time

local crashes = {} -- when, in seconds
local wanted_again = {} -- clients that were stopped in order to be started again, by id
local by_root = {} -- for 0.7, whose vim.lsp cannot reuse a client by itself

local function root_of(buffer)
  local here = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buffer), ':p:h')
  for _, marker in ipairs(config.options.root_markers) do
    local found = vim.fn.finddir(marker, here .. ';')
    if found == '' then
      found = vim.fn.findfile(marker, here .. ';')
    end
    if found ~= '' then
      return vim.fn.fnamemodify((vim.fn.fnamemodify(found, ':p'):gsub('[/\\]+$', '')), ':h')
    end
  end
  return here
end

--- The keys that later versions set by themselves.
local function set_keys(buffer)
  vim.keymap.set('n', 'grn', vim.lsp.buf.rename, { buffer = buffer, desc = 'Rename' })
  vim.keymap.set('n', 'gra', vim.lsp.buf.code_action, { buffer = buffer, desc = 'Code action' })
  -- 0.7 takes the range of the last selection: the colon ends the present one.
  local in_range = vim.lsp.buf.range_code_action and ':<C-u>lua vim.lsp.buf.range_code_action()<CR>'
  vim.keymap.set('x', 'gra', in_range or vim.lsp.buf.code_action, { buffer = buffer, silent = true, desc = 'Code action' })
end

--- Neovim 0.7 to 0.10: what vim.lsp.enable does in later ones.
local function attach(buffer)
  if vim.api.nvim_buf_get_name(buffer) == '' or vim.bo[buffer].buftype ~= '' then
    return
  end
  local settings = server.config()
  if vim.fn.executable(settings.cmd[1]) == 0 then
    vim.notify_once(
      ('Tierwise: %s cannot be run; see :checkhealth tierwise'):format(settings.cmd[1]),
      vim.log.levels.WARN
    )
    return
  end
  settings.root_dir = root_of(buffer)
  if vim.lsp.start then
    vim.lsp.start(settings, { bufnr = buffer })
  else
    local root = settings.root_dir
    if not by_root[root] or not vim.lsp.get_client_by_id(by_root[root]) then
      by_root[root] = vim.lsp.start_client(settings)
    end
    if by_root[root] then
      vim.lsp.buf_attach_client(buffer, by_root[root])
    end
  end
  vim.bo[buffer].omnifunc = 'v:lua.vim.lsp.omnifunc'
  set_keys(buffer)
end

--- Attach every buffer of the right type that is loaded.
local function attach_all()
  if vim.lsp.enable then
    vim.lsp.enable('tierwise')
    return
  end
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) and vim.tbl_contains(config.options.filetypes, vim.bo[buffer].filetype) then
      attach(buffer)
    end
  end
end

--- Serve every file of the right type from now on.
function M.start()
  local group = vim.api.nvim_create_augroup('tierwise', {})
  if vim.fn.exists('##LspAttach') == 1 then
    vim.api.nvim_create_autocmd('LspAttach', {
      group = group,
      callback = function(args)
        local client = vim.lsp.get_client_by_id(args.data.client_id)
        if client and client.name == 'tierwise' then
          require('tierwise.ghost').attach(args.buf)
          require('tierwise.next_edit').attach(args.buf)
        end
      end,
    })
    vim.api.nvim_create_autocmd({ 'LspAttach', 'LspDetach', 'BufEnter' }, {
      group = group,
      callback = function(args)
        vim.schedule(function()
          require('tierwise.rename').give_way(args.buf)
        end)
      end,
    })
  end
  if not vim.lsp.enable then
    vim.api.nvim_create_autocmd('FileType', {
      group = group,
      pattern = config.options.filetypes,
      callback = function(args)
        attach(args.buf)
      end,
    })
  end
  attach_all()
end

--- Stop the server and start it anew.
function M.restart()
  crashes = {}
  local clients = compat.all_clients()
  for _, client in ipairs(clients) do
    wanted_again[client.id] = true
    compat.stop(client)
  end
  if #clients == 0 then
    attach_all()
  end
end

local function may_come_back()
  local now = os.time()
  crashes = vim.tbl_filter(function(time)
    return now - time < WITHIN_S
  end, crashes)
  table.insert(crashes, now)
  return #crashes <= CRASHES_ALLOWED
end

--- A server has ended. 15 is SIGTERM: somebody meant it.
function M.ended(code, signal, id)
  local again = wanted_again[id]
  wanted_again[id] = nil
  local leaving = vim.v.exiting ~= vim.NIL and vim.v.exiting ~= nil
  local stopped = code == 0 and (signal == 0 or signal == 15)
  if leaving or (stopped and not again) then
    return
  end
  if not again and not may_come_back() then
    local told = 'the server ended again and again and is not started any more. :Tierwise log says why; '
    server.say(told .. ':Tierwise restart tries once more', vim.log.levels.ERROR)
    return
  end
  vim.defer_fn(function()
    attach_all()
    if not again then
      server.say('the server had ended unexpectedly and was started again', vim.log.levels.WARN)
    end
  end, LET_GO_MS)
end

return M
