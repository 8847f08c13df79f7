(import_statement source: (string)) @import
(export_statement source: (string)) @import
(call_expression function: [(identifier) (import)] @function arguments: (arguments . (string) .)) @call
