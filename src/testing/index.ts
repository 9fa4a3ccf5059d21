/** Tools to test machines with: any XState v5 machine. */
export { type Mutant, mutantsOf, type Operator } from './mutate.ts';
export {
  type Check,
  type Equivalents,
  judge,
  type MutateOptions,
  type MutationReport,
  mutate,
  type Verdict,
} from './mutate-judge.ts';
