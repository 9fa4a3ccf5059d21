/** Languages in which a person can be told things; the first is the default. */
export const LOCALES = ['zh-CN', 'en'] as const;
export type Locale = (typeof LOCALES)[number];

/** One range of an `Accept-Language` header: its language, and the quality where one is given. */
const RANGE = /^([a-z]{1,8}|\*)(?:-[a-z0-9-]*)?(?:\s*;\s*q=([01](?:\.\d*)?))?$/i;

/** The language that a client likes best by its `Accept-Language` header: of equal ones the first named, else zh-CN. */
export function localeOf(acceptLanguage: string | undefined): Locale {
  const ranges = (acceptLanguage ?? '').split(',').flatMap((written) => {
    const [, language, quality = '1'] = RANGE.exec(written.trim()) ?? [];
    return language === undefined ? [] : [{ language: language.toLowerCase(), quality: Number(quality) }];
  });
  /** What the header says of a locale: its own ranges, or the wildcard where there are none. */
  const liking = (locale: Locale) => {
    const language = locale.slice(0, 2);
    const own = ranges.filter((range) => range.language === language);
    const said = own.length > 0 ? own : ranges.filter((range) => range.language === '*');
    const quality = Math.max(0, ...said.map((range) => range.quality));
    return { locale, quality, place: ranges.findIndex((range) => said.includes(range)) };
  };
  const [best] = LOCALES.map(liking).sort((a, b) => b.quality - a.quality || a.place - b.place);
  return best && best.quality > 0 ? best.locale : LOCALES[0];
}
