import { expect, test, vi } from 'vitest';
import { added, printed, struck } from './report.ts';

test('a campaign passes when something was judged, and nothing found', () => {
  const said = vi.spyOn(console, 'log').mockImplementation(() => {});
  expect(printed(added([[{ what: 'lost', of: 2, found: [] }]]))).toBe(true);
  expect(printed(added([[{ what: 'lost', of: 2, found: ['one'] }]]))).toBe(false);
  expect(printed(added([]))).toBe(false);
  expect(printed(added([[{ what: 'lost', of: 0, found: [] }]]))).toBe(false);
  expect(said).toHaveBeenLastCalledWith(expect.stringContaining('nothing was judged'));
  said.mockRestore();
});

test('a fault that never came to pass is a finding', () => {
  const check = struck([
    { name: 'killed', times: 3 },
    { name: 'cut', times: 0 },
  ]);
  expect(check).toMatchObject({ of: 2, found: ['cut'] });
});
