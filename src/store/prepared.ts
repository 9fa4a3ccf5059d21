import type { Compilable, CompiledQuery, QueryResult } from 'kysely';
import { directWay } from './direct.ts';
import type { Trx } from './tables.ts';

/** Stands for a value that is given when the query is run. */
class Param<P> {
  readonly name: keyof P;
  constructor(name: keyof P) {
    this.name = name;
  }
}

/**
 * A query that is compiled once for each kind of database: compiling takes longer than running it.
 * @param names of its parameters.
 * @param build makes the query of parameters, as if they were the values.
 */
export function prepared<P extends object, Row = unknown>(
  names: readonly (keyof P & string)[],
  build: (db: Trx, params: P) => Compilable<Row>,
): (db: Trx, values: P) => Promise<QueryResult<Row>> {
  const compiled = new WeakMap<object, CompiledQuery<Row>>();
  const params = Object.fromEntries(names.map((name) => [name, new Param<P>(name)])) as P;
  return async (db, values) => {
    const { adapter } = db.getExecutor();
    const query = compiled.get(adapter) ?? build(db, params).compile();
    compiled.set(adapter, query);
    const parameters = query.parameters.map((each) => (each instanceof Param ? values[each.name as keyof P] : each));
    const run = directWay(db);
    return run ? (run(query.sql, parameters) as QueryResult<Row>) : db.executeQuery({ ...query, parameters });
  };
}
