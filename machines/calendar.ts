/** Calendar rules in a named time zone. Instants are milliseconds since 1970 in UTC; nothing here reads a clock. */

const formats = new Map<string, Intl.DateTimeFormat>();

const MINUTE = 60_000;
/** What is known of minutes: one is asked for again and again while a recovery is looked at. */
const minutes = new Map<string, Record<string, string>>();
const MOST_MINUTES = 1_000;

function fields(instant: number, timeZone: string): Record<string, string> {
  const minute = Math.floor(instant / MINUTE);
  const key = `${minute} ${timeZone}`;
  const known = minutes.get(key) ?? formatted(minute * MINUTE, timeZone);
  // Zones of old were off by seconds: there a minute does not begin with the wall clock's.
  if (known.second !== '00') return formatted(instant, timeZone);
  if (minutes.size >= MOST_MINUTES) minutes.clear();
  minutes.set(key, known);
  return { ...known, second: String(Math.floor((instant - minute * MINUTE) / 1_000)) };
}

function formatted(instant: number, timeZone: string): Record<string, string> {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(timeZone, format);
  }
  return Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
}

/** The calendar day of an instant, `2026-03-02`. */
export function dayOf(instant: number, timeZone: string): string {
  const { year, month, day } = fields(instant, timeZone);
  return `${year}-${month}-${day}`;
}

/** Milliseconds since midnight on the wall clock of the zone. */
export function timeOfDay(instant: number, timeZone: string): number {
  const { hour, minute, second } = fields(instant, timeZone);
  return ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1_000 + (((instant % 1_000) + 1_000) % 1_000);
}

/** Milliseconds since midnight of a written time such as `08:00`. */
export function clockTime(written: string): number {
  const [hours, minutes] = written.split(':');
  return (Number(hours) * 60 + Number(minutes)) * 60_000;
}

const DAY = 86_400_000;
const STEP = 15 * 60_000;

/** Milliseconds from `instant` until the zone's wall clock next shows `written`; more than 0, right over clock changes. */
export function untilClockTime(instant: number, written: string, timeZone: string): number {
  const wanted = clockTime(written);
  const ahead = (wanted - timeOfDay(instant, timeZone) + DAY) % DAY || DAY;
  // On a day on which the clocks change, the plain difference is off by the change: look around it.
  for (const shift of [0, ...[1, 2, 3, 4].flatMap((n) => [-n * STEP, n * STEP])]) {
    if (ahead + shift > 0 && timeOfDay(instant + ahead + shift, timeZone) === wanted) return ahead + shift;
  }
  return ahead;
}
