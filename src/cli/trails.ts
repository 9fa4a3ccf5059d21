export async function printTrails(_file: string): Promise<void> {}
