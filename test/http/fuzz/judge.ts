import { z } from 'zod';
import type { Answered, Asked } from './child.ts';
import { MARKS, type Party, SECRET } from './party.ts';
import type { Bearer, Operation } from './requests.ts';

const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g;
const TOKEN = /eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/;

/** Says what is wrong with an answer, by the API's own document and by what each may see. */
export class Judge {
  readonly #operations: { operation: Operation; matches: RegExp }[];
  readonly #schemas = new Map<object, z.ZodType>();
  /** Whose recovery an id is. */
  readonly #owners = new Map<string, Party>();

  constructor(operations: readonly Operation[]) {
    this.#operations = operations.map((operation) => ({
      operation,
      matches: new RegExp(`^${operation.path.replace(/\{\w+\}/g, '[^/]+')}$`),
    }));
  }

  know(party: Party): void {
    this.#owners.set(party.recoveryId, party);
  }

  /** The operation that a request is for, by the document. */
  operationOf({ method, path }: Asked): Operation | undefined {
    const [bare = ''] = path.split('?');
    const asked = method === 'HEAD' ? 'GET' : method;
    return this.#operations.find(({ operation, matches }) => operation.method === asked && matches.test(bare))
      ?.operation;
  }

  /** @returns what is wrong; nothing when all is well. */
  wrongWith(asked: Asked, answered: Answered, bearer: Bearer, party: Party): string[] {
    return [...this.#undocumented(asked, answered), ...this.#leaked(asked, answered, bearer, party)];
  }

  #undocumented(asked: Asked, { status, type, text }: Answered): string[] {
    if (status >= 500) return [`answered with ${status}`];
    const operation = this.operationOf(asked);
    if (!operation) return status === 404 || status === 413 ? [] : [`nothing documented, answered with ${status}`];
    if (!(status in operation.answers)) return [`${status} is not documented`];
    const answer = operation.answers[status];
    if (!answer || asked.method === 'HEAD') return text === '' ? [] : ['a body where none is documented'];
    if (!type.startsWith(answer.type)) return [`${status} as ${type}, documented as ${answer.type}`];
    if (!answer.type.endsWith('json')) return [];
    const schema =
      this.#schemas.get(answer) ?? z.fromJSONSchema(answer.schema as Parameters<typeof z.fromJSONSchema>[0]);
    this.#schemas.set(answer, schema);
    const result = schema.safeParse(JSON.parse(text));
    return result.success
      ? []
      : [`does not fit the document: ${result.error.issues[0]?.path.join('.')} ${result.error.issues[0]?.message}`];
  }

  /** Names, phones, recoveries and tokens in an answer that are not for its reader. What a request said may be said again. */
  #leaked(asked: Asked, { text, headers }: Answered, bearer: Bearer, party: Party): string[] {
    const said = decoded(`${asked.path} ${JSON.stringify(asked.headers)} ${asked.body ?? ''}`);
    const told = `${text} ${JSON.stringify(headers)}`;
    const isStart = this.operationOf(asked)?.path === '/v1/recoveries' && asked.method === 'POST';
    const found: string[] = [];
    if (told.includes(SECRET)) found.push('tells a secret');
    if (!isStart && TOKEN.test(told)) found.push('tells a token');
    if (bearer === 'agent' || bearer === 'auditor') return found;
    const own = bearer === 'owner' ? [party.accountId, party.phone] : [];
    for (const [mark] of told.matchAll(MARKS)) {
      if (!own.includes(mark) && !said.includes(mark)) found.push(`tells of ${mark}`);
    }
    for (const [id] of told.matchAll(UUID)) {
      const owner = this.#owners.get(id);
      if (!owner || said.includes(id)) continue;
      const mine = isStart ? said.includes(owner.accountId) && said.includes(owner.deviceId) : owner === party;
      if (!mine) found.push(`tells of the recovery of ${owner.accountId}`);
    }
    return found;
  }
}

function decoded(text: string): string {
  try {
    return `${text} ${decodeURIComponent(text)}`;
  } catch {
    return text;
  }
}
