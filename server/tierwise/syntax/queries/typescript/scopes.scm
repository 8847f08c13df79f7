; The captures are explained in python/scopes.scm. Spaces: value, type, namespace; a definition or reference without a
; setting is in all of them.

(program) @scope.module
(module name: (string) body: (statement_block) @scope.module)
(internal_module body: (statement_block) @scope.function)
(module body: (statement_block) @scope.function)
[(function_declaration) (generator_function_declaration) (function_expression) (generator_function) (arrow_function)
 (method_definition) (class_static_block) (function_signature) (method_signature) (abstract_method_signature)
 (construct_signature) (call_signature) (function_type) (constructor_type)] @scope.function
[(statement_block) (for_statement) (for_in_statement) (switch_body) (catch_clause)] @scope.block
[(class_declaration) (abstract_class_declaration) (class) (interface_declaration) (type_alias_declaration)
 (conditional_type) (index_signature)] @scope.class
(enum_declaration body: (enum_body) @scope.enum)

(assignment_pattern right: (_) @hole)
(object_assignment_pattern right: (_) @hole)
(pair_pattern key: (_) @hole)
[(member_expression) (subscript_expression)] @hole

(import_clause (identifier) @definition.import)
(namespace_import (identifier) @definition.import)
(import_require_clause (identifier) @definition.import)
(import_alias . (identifier) @definition.alias)
(import_specifier name: (identifier) @imported alias: (identifier))
(import_specifier alias: (identifier) @definition.import)
(import_specifier name: (identifier) @definition.import)
(export_statement (export_clause (export_specifier name: (identifier) @imported)) source: (string))
(export_specifier alias: (identifier) @exported)
(namespace_export (identifier) @exported)
(export_statement "as" "namespace" (identifier) @other)

((function_declaration name: (identifier) @definition.function) @self (#set! place outer) (#set! space value))
((function_signature name: (identifier) @definition.function) @self (#set! place outer) (#set! space value))
((generator_function_declaration name: (identifier) @definition.function) @self (#set! place outer) (#set! space value))
((function_expression name: (identifier) @definition.function) (#set! space value))
((generator_function name: (identifier) @definition.function) (#set! space value))
((class_declaration name: (type_identifier) @definition.class) @self (#set! place outer) (#set! space "value type"))
((abstract_class_declaration name: (type_identifier) @definition.class) @self (#set! place outer) (#set! space "value type"))
((class name: (type_identifier) @definition.class) (#set! space "value type"))
((interface_declaration name: (type_identifier) @definition.interface) @self (#set! place outer) (#set! space type))
((type_alias_declaration name: (type_identifier) @definition.type) @self (#set! place outer) (#set! space type))
(enum_declaration name: (identifier) @definition.enum)
((internal_module name: (identifier) @definition.namespace) (#set! space "value namespace"))
((internal_module name: (nested_identifier object: (identifier) @definition.namespace)) (#set! space "value namespace"))
((module name: (identifier) @definition.namespace) (#set! space "value namespace"))
((module name: (nested_identifier object: (identifier) @definition.namespace)) (#set! space "value namespace"))
((type_parameter name: (type_identifier) @definition.typeparameter) (#set! space type))
((infer_type . (type_identifier) @definition.typeparameter) (#set! space type))
((mapped_type_clause name: (type_identifier) @definition.typeparameter) (#set! space type))
((lexical_declaration (variable_declarator name: (_) @pattern.variable)) (#set! space value))
((variable_declaration (variable_declarator name: (_) @pattern.variable)) (#set! place function) (#set! space value))
(tuple_type (required_parameter name: (identifier) @other))
(tuple_type (optional_parameter name: (identifier) @other))
(index_signature name: (identifier) @other)
((required_parameter pattern: (_) @pattern.parameter) (#set! space value))
((optional_parameter pattern: (_) @pattern.parameter) (#set! space value))
((arrow_function parameter: (identifier) @definition.parameter) (#set! space value))
((catch_clause parameter: (_) @pattern.variable) (#set! space value))
((for_in_statement kind: "var" left: (_) @pattern.variable) (#set! place function) (#set! space value))
((for_in_statement kind: ["const" "let"] left: (_) @pattern.variable) (#set! space value))
((enum_body name: (property_identifier) @definition.member) (#set! space value))
((enum_body (enum_assignment name: (property_identifier) @definition.member)) (#set! space value))

(labeled_statement label: (statement_identifier) @label)
(statement_identifier) @label
(meta_property) @other
((nested_type_identifier module: (identifier) @reference) (#set! space namespace))
((nested_type_identifier module: (nested_identifier object: (identifier) @reference)) (#set! space namespace))
(nested_type_identifier name: (type_identifier) @member.type)
[(property_identifier) (private_property_identifier)] @member
((shorthand_property_identifier) @reference.shorthand (#set! space value))
((shorthand_property_identifier_pattern) @reference.shorthand (#set! space value))
((type_identifier) @reference (#set! space type))
(import_alias (identifier) @reference)
(export_specifier name: (identifier) @reference)
(export_statement (identifier) @reference)
((identifier) @reference (#set! space value))
