// SPDX-License-Identifier: Apache-2.0

/**
 * The architecture description language of CAmkES, behind the C preprocessor.
 *
 * One item of a file, then of a component, then of a composition and a configuration; expressions last, from what binds
 * loosely to what binds tightly.
 *
 * @spec the CAmkES manual, "Architecture Description Language"; camkes-tool, camkes/parser/camkes.g
 */
grammar Camkes;

file: (item | ';')* EOF;

item
    : importItem
    | assembly
    | componentType
    | compositionItem
    | configurationItem
    | connectorType
    | procedure
    | struct
    ;

importItem: 'import' (STRING | ANGLED) ';';

// ---- components

componentType: 'component' name? componentBody;

componentBody: '{' (componentItem | ';')* '}';

componentItem
    : 'control' ';'                                                     # Control
    | 'hardware' ';'                                                    # Hardware
    | maybe='maybe'? kind=('uses' | 'provides') typeName=name interfaceName=name ';'    # ProcedureInterface
    | maybe='maybe'? kind=('consumes' | 'emits') typeName=name interfaceName=name ';'   # EventInterface
    | maybe='maybe'? 'dataport' dataportType interfaceName=name ';'     # DataportInterface
    | 'has' kind=('mutex' | 'semaphore' | 'binary_semaphore') interfaceName=name ';' # Lock
    | 'attribute' attributeType name array='[]'? ('=' expression)? ';'  # AttributeItem
    | 'include' (STRING | ANGLED) ';'                                   # Include
    | compositionItem                                                   # InnerComposition
    | configurationItem                                                 # InnerConfiguration
    ;

dataportType: 'Buf' ('(' expression ')')? | name;

attributeType: type | struct | '{' (field | ';')* '}';

struct: 'struct' name? '{' (field | ';')* '}' ';'?;

field: type name array='[]'? ('=' expression)? ';';

type: 'struct' name | ('unsigned' | 'signed') ('int' | 'integer' | 'char')? | 'int' | 'integer' | 'char' | 'string' | name;

procedure: 'procedure' name? '{' (procedureItem | ';')* '}';

procedureItem
    : ('void' | type) name '(' ('void' | parameters)? ')' ';'
    | 'include' (STRING | ANGLED) ';'
    | 'attribute' type name ('=' expression)? ';'
    ;

parameters: parameter (',' parameter)*;

parameter: direction=('in' | 'out' | 'inout' | 'refin')? type name array='[]'?;

// ---- assemblies

assembly: 'assembly' name? '{' (compositionItem | configurationItem | schedule | ';')* '}';

schedule: 'schedule' name? '{' '[' ('(' expression ',' '[' slice (',' slice)* ','? ']' ')' ','?)* ']' ';'? '}';

slice: '(' expression ',' expression ('ticks' | 'us') ')';

compositionItem: 'composition' (reference=name ';' | name? '{' (compositionPart | ';')* '}');

compositionPart
    : 'component' typeName=name instance=name ';'                           # InstanceItem
    | 'component' instance=name componentBody                           # AnonymousInstance
    | 'connection' connector=name connection=name '(' ends+=end (',' ends+=end)* ','? ')' ';'   # ConnectionItem
    | 'group' name '{' (compositionPart | ';')* '}'                     # GroupItem
    | 'export' qualified '->' name ';'                                  # ExportItem
    ;

end: side=('from' | 'to') qualified;

configurationItem: 'configuration' (reference=name ';' | name? '{' (setting | ';')* '}');

setting: target=qualified (operator='=' expression | operator='<-' source=qualified) ';';

qualified: name ('.' name)*;

connectorType: 'connector' name '{' connectorEnd connectorEnd (connectorItem | ';')* '}';

connectorEnd: ('from' | 'to') 'hardware'? connectorKind ('template' STRING)? ('with' expression ('thread' | 'threads'))? ';';

connectorKind: 'Dataport' | 'Dataports' | 'Event' | 'Events' | 'Procedure' | 'Procedures';

connectorItem: 'attribute' type name ('=' expression)? ';';

// ---- expressions

expression: condition=disjunction ('?' yes=expression ':' no=expression)?;

disjunction: conjunction ('||' conjunction)*;
conjunction: bitOr ('&&' bitOr)*;
bitOr: bitXor ('|' bitXor)*;
bitXor: bitAnd ('^' bitAnd)*;
bitAnd: equality ('&' equality)*;
equality: relation (operators+=('==' | '!=') relation)*;
relation: shift (operators+=('<' | '<=' | '>' | '>=') shift)*;
shift: sum (operators+=('<<' | '>>') sum)*;
sum: product (operators+=('+' | '-') product)*;
product: unary (operators+=('*' | '/' | '%' | '**') unary)*;
unary: operator=('-' | '+' | '!' | '~') unary | primary;

primary
    : NUMBER                                                            # NumberValue
    | STRING+                                                           # StringValue
    | ('True' | 'true')                                                 # TrueValue
    | ('False' | 'false')                                               # FalseValue
    | '(' expression ')'                                                # Parentheses
    | ('[]' | '[' (expression (',' expression)* ','?)? ']')             # ListValue
    | '{' (entry (',' entry)* ','?)? '}'                                # DictionaryValue
    | name '(' (expression (',' expression)* ','?)? ')' ('[' expression ']')*   # Query
    | qualified                                                         # Reference
    ;

entry: expression ':' expression;

name: ID | 'Buf';

ID: [A-Za-z_] [A-Za-z_0-9]*;
NUMBER: '0' [xX] [0-9a-fA-F]+ | [0-9]+ ('.' [0-9]+)?;
STRING: '"' ~["]* '"';
ANGLED: '<' [A-Za-z_0-9./+-]+ '.' [A-Za-z_0-9]+ '>';
SPACE: [ \t\r\n\f]+ -> skip;
COMMENT: '/*' .*? '*/' -> skip;
LINE_COMMENT: '//' ~[\n]* -> skip;
// What the preprocessor leaves of its own.
DIRECTIVE: '#' ~[\n]* -> skip;
OTHER: .;
