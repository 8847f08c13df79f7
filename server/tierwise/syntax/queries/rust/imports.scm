(use_declaration argument: (_) @tree) @import
(mod_item name: (_) @module !body) @import
