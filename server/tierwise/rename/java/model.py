"""What the occurrences of a word are in Java. Implements ``syntactic.engine.Model``. Owner of no state."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tierwise.rename.java.classes import DECLARATIONS, LANGUAGES, ArrayOf, Class, Classes, Elsewhere, Method, Type
from tierwise.rename.java.comments import documented
from tierwise.rename.java.keys import FieldKey, LocalKey, MethodKey
from tierwise.rename.java.types import TypeReader
from tierwise.rename.syntactic.project import Project, SourceFile, ancestors, around, in_error
from tierwise.rename.syntactic.sites import EXPORT, LOCAL, MEMBER, Analysis, Form, Key, Outside, Site, Unknown
from tierwise.rename.values import Reason, RenameDeclined
from tierwise.syntax.parse import Node, Parsed
from tierwise.syntax.scopes import DEFINITION, LOOSE, REFERENCE, Name

_OF_OBJECT = frozenset(
    ["toString", "equals", "hashCode", "clone", "finalize", "getClass", "notify", "notifyAll", "wait", "main"]
)
"""Methods of every object, and the one that starts a program."""
_SERIALIZATION = frozenset(["readObject", "writeObject", "readResolve", "writeReplace", "readObjectNoData"])
_ELSEWHERE = Outside("a member of a class outside the workspace")


class Java:
    """The language model."""

    languages = LANGUAGES
    files = LANGUAGES
    beside = frozenset({"kotlin", "scala"})

    def name_span(self, parsed: Parsed, byte: int) -> tuple[int, int] | None:
        """An identifier at or right before ``byte``."""
        for start in (byte, byte - 1):
            node = parsed.root.descendant_for_byte_range(max(0, start), max(0, start))
            if node is not None and node.type in {"identifier", "type_identifier"}:
                return node.start_byte, node.end_byte
        return None

    def builtin(self, parsed: Parsed, name: Name) -> bool:
        return False  # the language has no names of its own that are no keywords

    def spelled(self, parsed: Parsed, name: Name) -> bool:
        return False

    def analyze(self, project: Project, word: str, name: Name) -> Analysis:
        """Sites of ``word`` in the files that can see ``name``."""
        return _Reader(project, word).read(name)

    def check(self, analysis: Analysis, renamed: set[Key], old: str, new: str) -> None:
        """What every object has must not be overridden by chance."""
        methods = [key for key in renamed if isinstance(key, MethodKey)]
        if methods and new in _OF_OBJECT | _SERIALIZATION:
            raise RenameDeclined(Reason.CLASH, f"'{new}' is a method with a meaning of its own in Java.")


class _Reader:
    """One word in one project."""

    def __init__(self, project: Project, word: str) -> None:
        self._project = project
        self._word = word
        self._classes = Classes(project)
        self._types = TypeReader(self._classes)
        self._analysis = Analysis()
        self._adders: Mapping[str, Callable[[SourceFile, Name], None]] = {
            DEFINITION: self._add_definition,
            REFERENCE: self._add_value,
            "case": self._add_value,
            "constructor": self._add_constructor,
            "member": self._add_member,
            "imported": self._add_imported,
            "label": self._add_label,
            "key": self._add_annotation_key,
        }

    def read(self, name: Name) -> Analysis:
        own = self._project.own
        local = name.binding is not None and name.binding.scope.kind in {"function", "block"}
        if local and name.role in {DEFINITION, REFERENCE} and not self._is_component(own, name):
            local = self._types.lexical(own, name.node, self._word)[0] is not None or name.role == DEFINITION
        files = [own] if local else list(self._project.files_with(self._word))
        for file in files:
            for item in file.occurrences(self._word).names:
                self._add(file, item)
        return self._analysis

    def _is_component(self, file: SourceFile, name: Name) -> bool:
        return any(item.kind == "component" for item in name.binding.definitions) if name.binding is not None else False

    def _add(self, file: SourceFile, name: Name) -> None:
        if name.role == LOOSE:
            self._add_comment(file, name)
        elif in_error(name.node):
            self._unknown(file, name, "the file does not parse there", LOCAL, EXPORT, MEMBER)
        elif name.role == REFERENCE and name.kind == "method":
            self._add_call(file, name, None)
        elif name.role == REFERENCE and name.kind == "type":
            self._add_type(file, name, self._classes.named(file, name.node, self._word))
        elif (adder := self._adders.get(name.role)) is not None:
            adder(file, name)

    def _add_constructor(self, file: SourceFile, name: Name) -> None:
        declaration = around(name.node, *DECLARATIONS)
        if declaration is not None:
            self._site(file, name, (self._classes.of(file, declaration),), "class", EXPORT)

    def _site(self, file: SourceFile, name: Name, keys: tuple[Key, ...], kind: str, sort: str) -> None:
        self._analysis.sites.append(Site(file, name.start, name.end, keys, kind, Form.PLAIN, sort))

    def _unknown(self, file: SourceFile, name: Name, why: str, *sorts: str) -> None:
        self._analysis.unknown.append(Unknown(file, name, why, frozenset(sorts)))

    def _add_definition(self, file: SourceFile, name: Name) -> None:
        binding, parent = name.binding, name.node.parent
        if binding is None or parent is None:
            return
        owner = next(self._classes.around(file, name.node), None)
        if name.kind == "method" and owner is not None:
            self._add_methods(file, name, owner, [Method(owner, file, parent)])
        elif name.kind in {"field", "constant", "component"} and owner is not None:
            self._add_field(file, name, owner)
        elif parent.type in DECLARATIONS and name.node == parent.child_by_field_name("name"):
            key = self._classes.of(file, parent)
            self._site(file, name, (key,), name.kind, EXPORT)
            if file.path.stem == self._word and parent.parent is not None and parent.parent.type == "program":
                self._analysis.moves[key] = file.path
        else:
            self._site(file, name, (LocalKey(file.path, binding.definitions[0].start),), binding.kind, LOCAL)

    def _add_value(self, file: SourceFile, name: Name) -> None:
        """A simple name that is a variable, a field, or a class."""
        if name.role == "case" and self._add_case(file, name):
            return
        binding = name.binding
        local, owner, doubtful = self._types.lexical(file, name.node, self._word)
        if doubtful:
            self._unknown(file, name, "a class around it inherits from outside the workspace", LOCAL, EXPORT, MEMBER)
        elif (
            local is not None
            and local.kind == "pattern"
            and not self._in_statement(local.definitions[0].node, name.node)
        ):
            self._unknown(file, name, "the flow of control decides what it means", LOCAL, MEMBER)
        elif local is not None:
            self._site(file, name, (LocalKey(file.path, local.definitions[0].start),), local.kind, LOCAL)
        elif owner is not None:
            self._add_field(file, name, owner)
        elif (imported := self._static_import(file, name)) is not None:
            self._add_field(file, name, imported)
        elif name.role == REFERENCE and (binding is None or binding.scope.kind != "class" or "type" in binding.space):
            self._add_type(file, name, self._classes.named(file, name.node, self._word))

    def _add_case(self, file: SourceFile, name: Name) -> bool:
        """The label of a switch over an enum is one of its constants."""
        switch = around(name.node, "switch_expression", "switch_statement")
        condition = switch.child_by_field_name("condition") if switch is not None else None
        owner = self._types.of(file, condition) if condition is not None else None
        if isinstance(owner, Class) and self._classes.node(owner)[1].type == "enum_declaration":
            self._add_field(file, name, owner)
            return True
        if owner is None:
            self._unknown(file, name, "what is switched over is unknown", LOCAL, EXPORT, MEMBER)
            return True
        return False

    def _in_statement(self, definition: Node, reference: Node) -> bool:
        statement = next((item for item in ancestors(definition) if item.type.endswith("_statement")), None)
        return statement is not None and statement.start_byte <= reference.start_byte < statement.end_byte

    def _add_type(self, file: SourceFile, name: Name, found: Type | None) -> None:
        if isinstance(found, Class):
            self._site(file, name, (found,), "class", EXPORT)
        elif found is None and name.binding is not None:
            self._site(file, name, (LocalKey(file.path, name.binding.definitions[0].start),), "type parameter", LOCAL)
        elif isinstance(found, Elsewhere):
            self._site(file, name, (Outside("a class outside the workspace"),), "class", EXPORT)

    def _add_field(self, file: SourceFile, name: Name, owner: Class) -> None:
        for item in self._classes.family(owner):
            if isinstance(item, Class) and self._classes.fields(item, self._word):
                key = FieldKey(item, self._word)
                self._site(file, name, (key,), "field", MEMBER)
                if self._classes.node(item)[1].type == "record_declaration":
                    self._analysis.link(key, MethodKey(item, self._word, 0))
                return
        self._add_missing(file, name, owner)

    def _add_missing(self, file: SourceFile, name: Name, owner: Class) -> None:
        """A member that none of our classes declares."""
        if all(isinstance(item, Class) for item in self._classes.family(owner)):
            self._unknown(file, name, "the class of its owner does not declare it", MEMBER)
        else:
            self._site(file, name, (_ELSEWHERE,), "member", MEMBER)

    def _add_call(self, file: SourceFile, name: Name, owner: Type | None) -> None:
        invocation = name.node.parent
        if invocation is None:
            return
        target = owner if owner is not None else self._types.caller(file, invocation)
        if target is None:
            imported = self._static_import(file, name)
            if imported is None:
                inherits = any(
                    not isinstance(item, Class)
                    for around_ in self._classes.around(file, name.node)
                    for item in self._classes.family(around_)
                )
                if inherits:
                    self._site(file, name, (_ELSEWHERE,), "method", MEMBER)
                else:
                    self._unknown(file, name, "nothing here declares it", MEMBER)
                return
            target = imported
        if not isinstance(target, Class):
            self._site(file, name, (_ELSEWHERE,), "method", MEMBER)
            return
        arguments = invocation.child_by_field_name("arguments")
        count = (
            len([item for item in arguments.named_children if "comment" not in item.type])
            if arguments is not None
            else 0
        )
        self._add_called(file, name, target, count)

    def _add_called(self, file: SourceFile, name: Name, target: Class, count: int) -> None:
        declared = self._types.methods(target, self._word)
        fitting = [item for item in declared if item.arity == count] or [
            item for item in declared if item.arity is None
        ]
        components = self._classes.fields(target, self._word) if not fitting and count == 0 else []
        if components and self._classes.node(target)[1].type == "record_declaration":
            self._add_field(file, name, target)
        elif fitting:
            self._add_methods(file, name, target, fitting)
        else:
            self._add_missing(file, name, target)

    def _add_methods(self, file: SourceFile, name: Name, target: Class, fitting: list[Method]) -> None:
        """A method, with all that it overrides or that its class takes over under the same name."""
        arity = fitting[0].arity
        family = [item for item in self._classes.family(target) if isinstance(item, Class)]
        same = [
            method for item in family for method in self._classes.methods(item, self._word) if method.arity == arity
        ]
        owners = {method.owner for method in same}
        keys = tuple(
            MethodKey(owner, self._word, arity)
            for owner in sorted(owners, key=lambda item: (str(item.path), item.start))
        )
        self._analysis.merge(keys)
        self._site(file, name, keys[:1], "method", MEMBER)
        overloaded = any(sum(other.owner == method.owner for other in same) > 1 for method in same)
        varies = {method.arity for item in family for method in self._classes.methods(item, self._word)}
        for key in keys:
            if overloaded or (None in varies and len(varies) > 1):
                self._analysis.blocked[key] = "its class has several methods of this name that take as many arguments"
            if self._word in _OF_OBJECT | _SERIALIZATION:
                self._analysis.blocked[key] = "every object has a method of this name"
        if all(_is_private(method) for method in same):
            return
        if any(not isinstance(item, Class) for item in self._classes.family(target)):
            for key in keys:
                self._analysis.blocked[key] = (
                    "its class inherits from outside the workspace, and may override a method of it"
                )

    def _add_member(self, file: SourceFile, name: Name) -> None:
        parent = name.node.parent
        if parent is None:
            return
        if name.kind == "type":
            self._add_type(file, name, self._classes.written(file, parent))
            return
        if name.kind == "path":
            self._add_type(
                file, name, self._classes.written(file, parent)
            ) if parent.type != "package_declaration" else None
            return
        owner_node = parent.child_by_field_name("object") or parent.named_children[0]
        owner = self._types.of(file, owner_node)
        if owner is None:
            self._unknown(file, name, "the type of its owner is unknown", MEMBER, EXPORT)
        elif isinstance(owner, (Elsewhere, ArrayOf)):
            whole = self._classes.written(file, parent) if name.kind == "field" else None
            if isinstance(whole, Class):
                self._add_type(file, name, whole)
            else:
                self._site(file, name, (_ELSEWHERE,), "member", MEMBER)
        elif name.kind == "method":
            self._add_call(file, name, owner)
        elif name.kind == "reference":
            self._add_reference(file, name, owner)
        elif (nested := self._nested(owner)) is not None and self._types.field(owner, self._word) is None:
            self._add_type(file, name, nested)
        else:
            self._add_field(file, name, owner)

    def _nested(self, owner: Class) -> Type | None:
        return self._classes.nested(owner, self._word)

    def _add_reference(self, file: SourceFile, name: Name, owner: Class) -> None:
        """``Type::method`` does not say how many arguments."""
        arities = {method.arity for method in self._types.methods(owner, self._word)}
        if len(arities) == 1:
            self._add_methods(file, name, owner, self._types.methods(owner, self._word))
        elif not arities:
            self._add_called(file, name, owner, 0)
        else:
            self._unknown(file, name, "several methods of this name take different arguments", MEMBER)

    def _add_imported(self, file: SourceFile, name: Name) -> None:
        statement = around(name.node, "import_declaration")
        if statement is None or name.node.parent is None:
            return
        target = self._classes.written(file, name.node.parent) if name.node.parent.type == "scoped_identifier" else None
        is_static = any(child.type == "static" for child in statement.children)
        if isinstance(target, Class):
            self._site(file, name, (target,), "class", EXPORT)
        elif is_static and (owner := self._static_import(file, name)) is not None:
            if self._classes.fields(owner, self._word):
                self._add_field(file, name, owner)
            methods = self._types.methods(owner, self._word)
            if methods and len({method.arity for method in methods}) > 1:
                self._unknown(file, name, "the import takes several methods of this name", MEMBER)
            elif methods:
                self._add_methods(file, name, owner, methods)

    def _static_import(self, file: SourceFile, name: Name) -> Class | None:
        """The class from which a static import takes a member of this name."""
        for node in file.root.named_children:
            if node.type != "import_declaration" or not any(child.type == "static" for child in node.children):
                continue
            path = node.named_children[0]
            wildcard = any(child.type == "asterisk" for child in node.named_children)
            scope = path if wildcard else path.child_by_field_name("scope")
            last = path.child_by_field_name("name")
            if scope is None or (not wildcard and (last is None or file.text(last) != self._word)):
                continue
            owner = self._classes.written(file, scope)
            if isinstance(owner, Class) and (
                self._classes.fields(owner, self._word) or self._types.methods(owner, self._word)
            ):
                return owner
        return None

    def _add_label(self, file: SourceFile, name: Name) -> None:
        for item in ancestors(name.node):
            if item.type == "labeled_statement" and file.text(item.named_children[0]) == self._word:
                self._site(file, name, (("label", file.path, item.start_byte),), "label", LOCAL)
                return

    def _add_annotation_key(self, file: SourceFile, name: Name) -> None:
        annotation = around(name.node, "annotation")
        head = annotation.child_by_field_name("name") if annotation is not None else None
        owner = self._classes.written(file, head) if head is not None else None
        if isinstance(owner, Class):
            self._add_called(file, name, owner, 0)
        else:
            self._site(file, name, (_ELSEWHERE,), "element", MEMBER)

    def _add_comment(self, file: SourceFile, name: Name) -> None:
        key = documented(file, name, self._word, self._classes)
        if key is not None:
            is_class = isinstance(key, Class)
            kind, sort = ("class", EXPORT) if is_class else ("parameter", LOCAL)
            self._analysis.sites.append(Site(file, name.start, name.end, (key,), kind, sort=sort, in_comment=True))


def _is_private(method: Method) -> bool:
    marks = next((child for child in method.node.children if child.type == "modifiers"), None)
    words = {child.type for child in marks.children} if marks is not None else set[str]()
    return "private" in words
