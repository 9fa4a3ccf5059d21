/** The store is none, one of another version, or in no place where one could be. */
export class UnusableStore extends Error {
  override readonly name = 'UnusableStore';
}
