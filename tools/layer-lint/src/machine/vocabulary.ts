import { ts } from "ts-morph";
import type { TypedProgram } from "./typed-program.ts";
import type { Bindings } from "./type-parameters.ts";
import { typeBindings } from "./type-parameters.ts";

/** The names by which a configuration tells the machine laws what is what. */
export interface MachineWords {
  /** `Type.method`: the one thing that performs a step. */
  readonly stepPort: string;
  /** The type that looks at health; absent = the machine does not look. */
  readonly healthPort?: string | undefined;
  /** The methods of it that only look. */
  readonly healthReads: readonly string[];
  /** The type of the record of one performed step. */
  readonly evidence: string;
}

/** Says of types and symbols what they are for the machine. */
export interface Vocabulary {
  readonly words: MachineWords;
  /** Whether the symbol is the port's method, or that of a class that implements the port. */
  isPortMethod(symbol: ts.Symbol | undefined): boolean;
  /** Whether a value of this type performs steps. */
  isPort(type: ts.Type): boolean;
  isStep(type: ts.Type): boolean;
  /** A list of steps, or something else that yields steps. */
  isStepList(type: ts.Type): boolean;
  isEvidence(type: ts.Type): boolean;
  isEvidenceList(type: ts.Type): boolean;
  /** Whether a value of this type looks at health, or changes it. */
  isHealth(type: ts.Type): boolean;
}

const MAX_DEPTH = 4;

/** Binds the names of the configuration to the types of the program. */
export function makeVocabulary(program: TypedProgram, words: MachineWords): Vocabulary {
  const { checker } = program;
  const [portType = "", portMethod = ""] = words.stepPort.split(".");
  const steps = new Set(stepNames(program, portType, portMethod));
  const elementIs = (type: ts.Type, test: (element: ts.Type) => boolean): boolean =>
    constituents(type).some((each) => elementsOf(checker, each).some(test));
  const ports = new Set([portType]);
  const evidences = new Set([words.evidence]);
  const isPort = (type: ts.Type): boolean =>
    constituents(type).some((each) => lineage(checker, each).some((one) => named(one, ports)));
  const health = new Set(words.healthPort === undefined ? [] : [words.healthPort]);
  const healthLayers = new Set(layersOfHealth(program, words));
  const bindings = typeBindings(program);
  const isStep = (type: ts.Type): boolean => standsFor(type, bindings).some((each) => named(each, steps));
  const isEvidence = (type: ts.Type): boolean => standsFor(type, bindings).some((each) => named(each, evidences));
  const isMapTo = (type: ts.Type): boolean =>
    /^(?:Readonly|Weak)?Map$/.test(type.symbol?.name ?? "") && typeArguments(checker, type).slice(-1).some(isEvidence);
  return {
    words,
    isPort,
    isStep,
    isEvidence,
    isPortMethod(symbol) {
      if (symbol === undefined || symbol.name !== portMethod) return false;
      return (symbol.declarations ?? []).some((declaration) => {
        const home = declaration.parent;
        if (ts.isTypeLiteralNode(home))
          return ts.isTypeAliasDeclaration(home.parent) && home.parent.name.text === portType;
        return (ts.isInterfaceDeclaration(home) || ts.isClassLike(home)) && isPort(checker.getTypeAtLocation(home));
      });
    },
    isStepList: (type) => elementIs(type, isStep),
    isEvidenceList: (type) => elementIs(type, isEvidence) || constituents(type).some((each) => isMapTo(each)),
    isHealth: (type) =>
      constituents(type).some((each) =>
        lineage(checker, each).some(
          (one) =>
            named(one, health) ||
            (one.symbol?.declarations ?? []).some(
              (declaration) =>
                healthLayers.has(program.project.layout.layerOf(program.fileOf(declaration))?.name ?? "") &&
                canAct(checker, one),
            ),
        ),
      ),
  };
}

/** A type, or, if it is a type parameter, what stands in its place somewhere. */
function standsFor(type: ts.Type, bindings: Bindings, seen: ReadonlySet<ts.Symbol> = new Set()): ts.Type[] {
  const bound = constituents(type).flatMap((each) => {
    if (!each.isTypeParameter() || seen.has(each.symbol)) return [];
    const inner = new Set([...seen, each.symbol]);
    return [...(bindings.get(each.symbol) ?? [])].flatMap((one) => standsFor(one, bindings, inner));
  });
  return [type, ...bound];
}

function named(type: ts.Type, names: ReadonlySet<string>): boolean {
  return constituents(type).some((each) => namesOf(each).some((name) => names.has(name)));
}

/** The members of a union or intersection, or the type itself. */
export function constituents(type: ts.Type): readonly ts.Type[] {
  return type.isUnionOrIntersection() ? type.types.flatMap(constituents) : [type];
}

function namesOf(type: ts.Type): string[] {
  return [type.aliasSymbol?.name, type.symbol?.name].filter((name) => name !== undefined);
}

/** The type with those that it extends or implements. */
function lineage(checker: ts.TypeChecker, type: ts.Type, depth = 0): ts.Type[] {
  if (depth > MAX_DEPTH) return [type];
  const heritage = (type.symbol?.declarations ?? []).flatMap((declaration) =>
    ts.isClassLike(declaration) || ts.isInterfaceDeclaration(declaration) ? (declaration.heritageClauses ?? []) : [],
  );
  const parents = heritage.flatMap((clause) => clause.types.map((each) => checker.getTypeAtLocation(each)));
  const constraint = type.flags & ts.TypeFlags.TypeParameter ? checker.getBaseConstraintOfType(type) : undefined;
  const above = constraint === undefined ? parents : [...parents, constraint];
  return [type, ...above.filter((each) => each !== type).flatMap((each) => lineage(checker, each, depth + 1))];
}

/** What an array, a tuple or something iterable holds; of `[number, X]`, as `entries()` gives, X. */
function elementsOf(checker: ts.TypeChecker, type: ts.Type): readonly ts.Type[] {
  if (checker.isArrayType(type) || checker.isTupleType(type)) return typeArguments(checker, type);
  const name = type.symbol?.name ?? "";
  if (
    !/^(?:Array|Readonly|Async)*(?:Iterable|Iterator|IterableIterator|IteratorObject|ArrayIterator|Generator|Set|ReadonlySet)$/.test(
      name,
    )
  )
    return [];
  return typeArguments(checker, type).flatMap((each) =>
    checker.isTupleType(each) ? typeArguments(checker, each) : [each],
  );
}

function typeArguments(checker: ts.TypeChecker, type: ts.Type): readonly ts.Type[] {
  return "target" in type ? checker.getTypeArguments(type as ts.TypeReference) : []; // as: only references have a target
}

/** The names of the type that the port's method is given first. */
function stepNames({ checker, files }: TypedProgram, portType: string, portMethod: string): string[] {
  return declaredTypes(checker, files, portType).flatMap((type) => {
    const method = type.getProperty(portMethod);
    const [declaration] = method?.declarations ?? [];
    if (method === undefined || declaration === undefined) return [];
    const [signature] = checker.getTypeOfSymbolAtLocation(method, declaration).getCallSignatures();
    const [first] = signature?.getParameters() ?? [];
    return first === undefined
      ? []
      : constituents(checker.getTypeOfSymbolAtLocation(first, declaration)).flatMap(namesOf);
  });
}

/** The types of that name that the layer declares or imports. */
export function declaredTypes(
  checker: ts.TypeChecker,
  files: readonly ts.SourceFile[],
  name: string,
): readonly ts.Type[] {
  const found = new Set<ts.Type>();
  const visit = (node: ts.Node): void => {
    const isName = ts.isIdentifier(node) && node.text === name;
    const { parent } = node;
    if (
      isName &&
      (ts.isTypeReferenceNode(parent) ||
        ts.isInterfaceDeclaration(parent) ||
        ts.isTypeAliasDeclaration(parent) ||
        ts.isClassLike(parent))
    )
      found.add(checker.getTypeAtLocation(parent));
    ts.forEachChild(node, visit);
  };
  for (const file of files) visit(file);
  return [...found];
}

/** The layers, other than the machine itself, that hold health: those of the port, or else of what it answers with. */
function layersOfHealth(program: TypedProgram, { healthPort, healthReads }: MachineWords): string[] {
  if (healthPort === undefined) return [];
  const { checker, files, project } = program;
  const layerOf = (type: ts.Type): string[] =>
    (type.symbol?.declarations ?? [])
      .filter((declaration) => !program.isOwn(declaration))
      .flatMap((declaration) => project.layout.layerOf(program.fileOf(declaration))?.name ?? []);
  const ports = declaredTypes(checker, files, healthPort);
  const outside = ports.flatMap(layerOf);
  if (outside.length > 0) return outside;
  return ports.flatMap((port) =>
    healthReads.flatMap((name) => {
      const read = port.getProperty(name);
      const [declaration] = read?.declarations ?? [];
      if (read === undefined || declaration === undefined) return [];
      const signatures = checker.getTypeOfSymbolAtLocation(read, declaration).getCallSignatures();
      return signatures.flatMap((signature) => layerOf(signature.getReturnType()));
    }),
  );
}

/** Whether the type has something that can be called: then it is no mere data. */
function canAct(checker: ts.TypeChecker, type: ts.Type): boolean {
  return (
    type.getConstructSignatures().length > 0 ||
    type.getProperties().some((property) => {
      const [declaration] = property.declarations ?? [];
      return (
        declaration !== undefined &&
        checker.getTypeOfSymbolAtLocation(property, declaration).getCallSignatures().length > 0
      );
    })
  );
}
