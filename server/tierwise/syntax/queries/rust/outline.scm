(function_item name: (_) @name body: (_) @body) @function
(function_signature_item name: (_) @name) @function
(struct_item name: (_) @name body: (_)? @body) @struct
(union_item name: (_) @name body: (_) @body) @struct
(enum_item name: (_) @name body: (_) @body) @enum
(enum_variant name: (_) @name) @constant
(field_declaration name: (_) @name) @field
(trait_item name: (_) @name body: (_) @body) @trait
(type_item name: (_) @name) @type
(const_item name: (_) @name) @constant
(static_item name: (_) @name) @constant
(mod_item name: (_) @name body: (_) @body) @module
(macro_definition name: (_) @name) @macro
(impl_item type: (_) @owner body: (_) @body) @container
