; The captures are explained in python/scopes.scm. Go has one space of names; (since end) is the end of the statement.

(source_file) @scope.module
[(function_declaration) (method_declaration) (func_literal) (function_type) (method_elem)] @scope.function
[(block) (if_statement) (for_statement) (expression_switch_statement) (type_switch_statement) (expression_case)
 (default_case) (type_case) (select_statement) (communication_case)] @scope.block
[(type_spec) (type_alias)] @scope.class

; Parameters are seen in the body, not by the types of the others.
(parameter_declaration type: (_) @outside)
(variadic_parameter_declaration type: (_) @outside)
(function_declaration result: (_) @outside)
(method_declaration result: (_) @outside)

(import_spec name: (package_identifier) @definition.import)
(package_clause (package_identifier) @package)
(labeled_statement label: (label_name) @label)
(label_name) @label

((function_declaration name: (identifier) @definition.function) @self (#set! place outer))
((type_spec name: (type_identifier) @definition.type) @self @statement (#set! place outer) (#set! since start))
((type_alias name: (type_identifier) @definition.type) @self @statement (#set! place outer) (#set! since start))
((const_spec name: (identifier) @definition.constant) @statement (#set! since end))
((var_spec name: (identifier) @definition.variable) @statement (#set! since end))
((short_var_declaration left: (expression_list (identifier) @definition.variable)) @statement (#set! since end))
((range_clause left: (expression_list (identifier) @definition.range)) @statement (#set! since end))
((receive_statement left: (expression_list (identifier) @definition.received)) @statement (#set! since end))
(type_switch_statement alias: (expression_list (identifier) @definition.typeswitch))
(parameter_declaration name: (identifier) @definition.parameter)
(variadic_parameter_declaration name: (identifier) @definition.parameter)
(type_parameter_declaration name: (identifier) @definition.typeparameter)
(method_declaration receiver: (parameter_list (parameter_declaration
  type: (generic_type type_arguments: (type_arguments (type_elem (type_identifier) @definition.typeparameter))))))
(method_declaration receiver: (parameter_list (parameter_declaration
  type: (pointer_type (generic_type type_arguments: (type_arguments (type_elem (type_identifier) @definition.typeparameter)))))))

(method_declaration name: (field_identifier) @member.method)
(method_elem name: (field_identifier) @member.method)
(field_declaration name: (field_identifier) @member.field)
(keyed_element key: (literal_element (identifier) @key))
(qualified_type name: (type_identifier) @member.type)
(field_identifier) @member
[(identifier) (type_identifier) (package_identifier)] @reference
