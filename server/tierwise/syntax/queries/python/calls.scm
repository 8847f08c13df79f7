(call function: (identifier) @name)
(call function: (attribute attribute: (identifier) @name))
(decorator (identifier) @name)
(decorator (attribute attribute: (identifier) @name))
