// The parts of an OpenAPI 3.1 document that the reference shows.

export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  additionalProperties?: Schema | boolean;
}

interface Content {
  content?: Record<string, { schema?: Schema }>;
  description?: string;
}

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}

export interface Operation {
  tags?: string[];
  summary?: string;
  description?: string;
  parameters?: Parameter[];
  requestBody?: Content;
  responses?: Record<string, Content>;
}

export interface Document {
  info: { title: string; version: string; description?: string };
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}

export interface Call {
  id: string;
  method: string;
  path: string;
  operation: Operation;
}

const METHODS = ["get", "post", "put", "patch", "delete"];

/** The calls by chapter, in the order of the document. */
export function chaptersOf(document: Document): [chapter: string, calls: Call[]][] {
  const chapters = new Map<string, Call[]>();
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation === undefined) continue;
      const chapter = operation.tags?.[0] ?? "API";
      const id = `${method}-${path}`.replaceAll(/[^\w-]+/g, "-");
      chapters.set(chapter, [...(chapters.get(chapter) ?? []), { id, method, path, operation }]);
    }
  }
  return [...chapters];
}

export function schemaOf(content: Content | undefined): Schema | undefined {
  return Object.values(content?.content ?? {})[0]?.schema;
}

export function resolve(document: Document, schema: Schema): { name: string | null; schema: Schema } {
  if (schema.$ref === undefined) return { name: null, schema };
  const name = schema.$ref.split("/").at(-1) ?? "";
  return { name, schema: document.components?.schemas?.[name] ?? {} };
}

/** A schema in a word or two: `string`, `Key[]`, `integer | null`. */
export function nameType(schema: Schema | undefined): string {
  if (schema === undefined) return "any";
  if (schema.$ref !== undefined) return schema.$ref.split("/").at(-1) ?? "object";
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) return choices.map(nameType).join(" | ");
  if (schema.allOf !== undefined) return schema.allOf.map(nameType).join(" & ");
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const types = [schema.type ?? "any"].flat();
  const named = types.map((type) => (type === "array" ? `${nameType(schema.items)}[]` : type)).join(" | ");
  return schema.format === undefined ? named : `${named} (${schema.format})`;
}
