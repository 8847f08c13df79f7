; The captures are explained in python/scopes.scm.

(program) @scope.module
[(function_declaration) (generator_function_declaration) (function_expression) (generator_function) (arrow_function)
 (method_definition) (class_static_block)] @scope.function
[(statement_block) (for_statement) (for_in_statement) (switch_body) (catch_clause)] @scope.block
[(class_declaration) (class)] @scope.class

(assignment_pattern right: (_) @hole)
(object_assignment_pattern right: (_) @hole)
(pair_pattern key: (_) @hole)
[(member_expression) (subscript_expression)] @hole

(import_clause (identifier) @definition.import)
(namespace_import (identifier) @definition.import)
(import_specifier name: (identifier) @imported alias: (identifier))
(import_specifier alias: (identifier) @definition.import)
(import_specifier name: (identifier) @definition.import)
(export_statement (export_clause (export_specifier name: (identifier) @imported)) source: (string))
(export_specifier alias: (identifier) @exported)
(namespace_export (identifier) @exported)

((function_declaration name: (identifier) @definition.function) @self (#set! place outer))
((generator_function_declaration name: (identifier) @definition.function) @self (#set! place outer))
(function_expression name: (identifier) @definition.function)
(generator_function name: (identifier) @definition.function)
((class_declaration name: (identifier) @definition.class) @self (#set! place outer))
(class name: (identifier) @definition.class)
(lexical_declaration (variable_declarator name: (_) @pattern.variable))
((variable_declaration (variable_declarator name: (_) @pattern.variable)) (#set! place function))
(formal_parameters (_) @pattern.parameter)
(arrow_function parameter: (identifier) @definition.parameter)
(catch_clause parameter: (_) @pattern.variable)
((for_in_statement kind: "var" left: (_) @pattern.variable) (#set! place function))
(for_in_statement kind: ["const" "let"] left: (_) @pattern.variable)

(labeled_statement label: (statement_identifier) @label)
(statement_identifier) @label
(jsx_attribute . (property_identifier) @member.attribute)
(jsx_opening_element name: (identifier) @tag)
(jsx_closing_element name: (identifier) @tag)
(jsx_self_closing_element name: (identifier) @tag)
(meta_property) @other
[(property_identifier) (private_property_identifier)] @member
(shorthand_property_identifier) @reference.shorthand
(shorthand_property_identifier_pattern) @reference.shorthand
(identifier) @reference
