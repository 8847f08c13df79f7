; Captures: @scope.KIND opens a scope; @definition.KIND and @pattern.KIND bind names (of a pattern every identifier that
; is not below a @hole); @outside is looked up around its scope; @self is the node whose surroundings get a definition
; with (place outer); every other capture names the role of an occurrence. Of patterns that capture the same node the
; first one counts.

(module) @scope.module
(function_definition) @scope.function
(lambda) @scope.function
((class_definition) @scope.class (#set! hidden "yes"))
[(list_comprehension) (set_comprehension) (dictionary_comprehension) (generator_expression)] @scope.comprehension

; Evaluated before the scope is entered.
(default_parameter value: (_) @outside)
(typed_default_parameter value: (_) @outside)
(typed_parameter type: (_) @outside)
(typed_default_parameter type: (_) @outside)
(function_definition return_type: (_) @outside)
(class_definition superclasses: (_) @outside)
(list_comprehension body: (_) . (for_in_clause right: (_) @outside))
(set_comprehension body: (_) . (for_in_clause right: (_) @outside))
(dictionary_comprehension body: (_) . (for_in_clause right: (_) @outside))
(generator_expression body: (_) . (for_in_clause right: (_) @outside))

[(attribute) (subscript) (call)] @hole
(default_parameter value: (_) @hole)
(typed_default_parameter value: (_) @hole)
(typed_default_parameter type: (_) @hole)
(typed_parameter type: (_) @hole)

(global_statement (identifier) @global)
(nonlocal_statement (identifier) @nonlocal)

((function_definition name: (identifier) @definition.function) @self (#set! place outer))
((class_definition name: (identifier) @definition.class) @self (#set! place outer))
(function_definition type_parameters: (type_parameter (type . (identifier) @definition.typeparameter)))
(function_definition type_parameters: (type_parameter (type (constrained_type . (type (identifier) @definition.typeparameter)))))
(class_definition type_parameters: (type_parameter (type . (identifier) @definition.typeparameter)))
(class_definition type_parameters: (type_parameter (type (constrained_type . (type (identifier) @definition.typeparameter)))))
(parameters (_) @pattern.parameter)
(lambda_parameters (_) @pattern.parameter)
((import_statement name: (dotted_name . (identifier) @definition.import)) (#set! place function))
((import_statement name: (aliased_import alias: (identifier) @definition.import)) (#set! place function))
(import_statement name: (aliased_import name: (dotted_name (identifier) @module)))
(import_statement name: (dotted_name (identifier) @module))
((import_from_statement name: (dotted_name . (identifier) @definition.import)) (#set! place function))
((import_from_statement name: (aliased_import alias: (identifier) @definition.import)) (#set! place function))
(import_from_statement name: (aliased_import name: (dotted_name (identifier) @imported)))
(import_from_statement module_name: (dotted_name (identifier) @module))
(import_from_statement module_name: (relative_import (dotted_name (identifier) @module)))
((assignment left: (_) @pattern.variable) (#set! place function))
((augmented_assignment left: (identifier) @definition.variable) (#set! place function))
((named_expression name: (identifier) @definition.variable) (#set! place function))
((for_statement left: (_) @pattern.variable) (#set! place function))
(for_in_clause left: (_) @pattern.variable)
((as_pattern_target (_) @pattern.variable) (#set! place function))
((delete_statement (identifier) @definition.variable) (#set! place function))
((delete_statement (expression_list (identifier) @definition.variable)) (#set! place function))
((type_alias_statement left: (type . (identifier) @definition.type)) (#set! place function))
((type_alias_statement left: (type (generic_type . (identifier) @definition.type))) (#set! place function))

; match statements: a single name captures, a dotted one refers.
(class_pattern (dotted_name (identifier) @reference))
(keyword_pattern . (identifier) @key.attribute)
(case_pattern (dotted_name . (identifier) @reference . (identifier)))
(union_pattern (dotted_name . (identifier) @reference . (identifier)))
(keyword_pattern (dotted_name . (identifier) @reference . (identifier)))
((case_pattern (dotted_name . (identifier) @definition.variable .)) (#set! place function))
((keyword_pattern (dotted_name . (identifier) @definition.variable .)) (#set! place function))
((case_pattern (as_pattern (identifier) @definition.variable)) (#set! place function))
((splat_pattern (identifier) @definition.variable) (#set! place function))

(attribute attribute: (identifier) @member)
(keyword_argument name: (identifier) @key.argument)
(dotted_name . (identifier) @reference)
(dotted_name (identifier) @member)
(identifier) @reference
