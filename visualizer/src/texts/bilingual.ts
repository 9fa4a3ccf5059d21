import { createContext, useContext } from 'react';
import type { Locale } from '../../../src/texts/locale.ts';

export type { Locale };

/** The same texts in both languages: what the first has, the second must have. */
export interface Bilingual<T> {
  en: T;
  'zh-CN': T;
}

export const LocaleContext = createContext<Locale>('en');

/** The texts of one part of the page in the language that is set. */
export const useTexts = <T>(texts: Bilingual<T>): T => texts[useContext(LocaleContext)];
