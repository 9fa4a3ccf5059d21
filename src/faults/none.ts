/** A place between two writes at which a test may kill the process. In what users run this does nothing. */
export function faultPoint(_name: string): void {}
